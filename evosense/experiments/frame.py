"""The rows of a comparison, read from the database into a polars frame: ids and numbers, never text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import polars as pl
from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.experiments.models import Arm

_QUERIES = load("evosense.experiments", "datasets.sql")

_ARM: dict[str, Any] = {
    "status": pl.String,
    "sentiment": pl.Float64,
    "satisfaction": pl.Float64,
    "emotion": pl.String,
    "tone": pl.String,
    "latency_ms": pl.Float64,
    "cost_micros": pl.Float64,
}
SCHEMA: dict[str, Any] = {
    "tenant": pl.String,
    "message_id": pl.String,
    "chat": pl.String,
    "local_day": pl.Date,
    "weight": pl.Float64,
    "hour": pl.Int32,
    "connection": pl.String,
    "text_length": pl.Int32,
    **{f"{name}_a": kind for name, kind in _ARM.items()},
    **{f"{name}_b": kind for name, kind in _ARM.items()},
    **{f"{name}_r": kind for name, kind in _ARM.items()},
    "label_sentiment": pl.Float64,
    "label_pi": pl.Float64,
    "label_raters": pl.Int32,
    "label_values": pl.List(pl.Float64),
}


async def paired_rows(
    connection: AsyncConnection[Any],
    dataset_hash: str,
    baseline: Arm,
    candidate: Arm,
    tenant_ids: Sequence[UUID] | None = None,
) -> pl.DataFrame:
    """One row per message of the dataset: both arms' answers (null where there is none yet), slices, labels."""
    params = {
        "dataset_hash": dataset_hash,
        "baseline_hash": baseline.prompt_hash,
        "baseline_config": baseline.config_hash,
        "candidate_hash": candidate.prompt_hash,
        "candidate_config": candidate.config_hash,
        "tenant_ids": None if tenant_ids is None else list(tenant_ids),
    }
    rows = await (await connection.execute(_QUERIES["paired_rows"], params)).fetchall()
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


async def outcome_rows(
    connection: AsyncConnection[Any], dataset_hash: str, tenant_ids: Sequence[UUID] | None = None
) -> pl.DataFrame:
    """What happened to the dataset's chats afterwards: `chat`, `kind`, `value`."""
    params = {"dataset_hash": dataset_hash, "tenant_ids": None if tenant_ids is None else list(tenant_ids)}
    rows = await (await connection.execute(_QUERIES["outcomes"], params)).fetchall()
    return pl.DataFrame(rows, schema={"chat": pl.String, "kind": pl.String, "value": pl.Float64}, orient="row")


async def return_rows(
    connection: AsyncConnection[Any], dataset_hash: str, days: int, tenant_ids: Sequence[UUID] | None = None
) -> pl.DataFrame:
    """Which of the dataset's chats came back within `days`: `chat`, `returned`; those too young are left out."""
    params = {
        "dataset_hash": dataset_hash,
        "tenant_ids": None if tenant_ids is None else list(tenant_ids),
        "days": days,
    }
    rows = await (await connection.execute(_QUERIES["returns"], params)).fetchall()
    return pl.DataFrame(rows, schema={"chat": pl.String, "returned": pl.Boolean}, orient="row")
