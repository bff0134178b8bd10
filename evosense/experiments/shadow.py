"""Shadows: the champion scores every message, a challenger an extra sample of them, the champion itself some twice.

Sampling is computed from the champion's stored answers every few seconds, not at the moment of scoring: nothing
stands in the way of the official score, and what a crash or an outage missed is caught at the next look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from psycopg import AsyncConnection

from evosense.ai.tasks import wake
from evosense.db.named_queries import load
from evosense.experiments.assign import aa_key
from evosense.experiments.registry import Experiment, ShadowArm, arms_of
from evosense.experiments.statistics import SampleRatio, sample_ratio_test

_QUERIES = load("evosense.experiments", "shadow.sql")
# Answers are dated by the start of their transaction, which may commit later: look back this far each time.
_OVERLAP = timedelta(minutes=15)
_LANE_AA, _LANE_SHADOW = 2, 3

SCHEMA: dict[str, Any] = {
    "tenant": pl.String,
    "message_id": pl.String,
    "chat": pl.String,
    "local_day": pl.Date,
    "sent_at": pl.Datetime("us", "UTC"),
    "scored_at": pl.Datetime("us", "UTC"),
    **{
        f"{name}_{side}": kind
        for side in ("a", "b")
        for name, kind in (
            ("status", pl.String),
            ("sentiment", pl.Float64),
            ("satisfaction", pl.Float64),
            ("emotion", pl.String),
            ("tone", pl.String),
            ("latency_ms", pl.Float64),
            ("cost_micros", pl.Float64),
        )
    },
    "is_waiting": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class Drops:
    """Sampled messages of one hour (UTC) that the challenger neither answered nor will."""

    hour: datetime
    sampled: int
    dropped: int


async def plan(connection: AsyncConnection[Any], experiment: Experiment, *, since: datetime | None = None) -> int:
    """Ask for the extra calls that are due, A/A replicates included; answers how many.

    Args:
        connection: in role evosense_pipeline; runs in the caller's transaction.
        experiment: a running one; nothing happens for any other.
        since: champion answers from this moment on; the last quarter of an hour when None. The experiment's
            beginning catches everything that was ever missed.
    """
    if experiment.state not in ("running", "ready") or experiment.frozen_at is None:
        return 0
    baseline, *challengers = await arms_of(connection, experiment)
    start = max(experiment.frozen_at, since or datetime.now(UTC) - _OVERLAP)
    enqueued = 0
    for arm in challengers:
        if arm.stopped_at is None:
            params = {**sample_params(experiment, baseline, arm, start), "purpose": "shadow", "replicate": 0}
            enqueued += await _enqueue(connection, {**params, "lane": _LANE_SHADOW})
    if experiment.aa_share_bp:
        itself = {
            **sample_params(experiment, baseline, baseline, start),
            "key": aa_key(experiment.key),
            "share_bp": experiment.aa_share_bp,
        }
        enqueued += await _enqueue(connection, {**itself, "purpose": "aa", "replicate": 1, "lane": _LANE_AA})
    if enqueued:
        await wake(connection, "score")
    return enqueued


async def _enqueue(connection: AsyncConnection[Any], params: dict[str, Any]) -> int:
    row = await (await connection.execute(_QUERIES["enqueue_sample"], params)).fetchone()
    return int(row[0]) if row else 0


def sample_params(experiment: Experiment, baseline: ShadowArm, arm: ShadowArm, since: datetime) -> dict[str, Any]:
    """An arm's sample as parameters of the queries that select its messages."""
    return {
        "experiment_id": experiment.id,
        "tenant_ids": experiment.tenant_ids,
        "since": since,
        "baseline_hash": baseline.prompt_hash,
        "baseline_config": baseline.config_hash,
        "prompt_hash": arm.prompt_hash,
        "config_hash": arm.config_hash,
        "key": experiment.key,
        "share_bp": arm.share_bp,
    }


async def sample_rows(
    connection: AsyncConnection[Any], experiment: Experiment, baseline: ShadowArm, arm: ShadowArm
) -> pl.DataFrame:
    """One row per sampled message since the beginning, in the order of the champion's answers."""
    since = experiment.frozen_at or datetime.now(UTC)
    rows = await (
        await connection.execute(_QUERIES["sample_rows"], sample_params(experiment, baseline, arm, since))
    ).fetchall()
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def drops_by_hour(rows: pl.DataFrame) -> list[Drops]:
    """Sampled and dropped messages by hour of the champion's answer: dropped rows would bias by hour."""
    counted = (
        rows.with_columns(
            hour=pl.col("scored_at").dt.truncate("1h"),
            dropped=pl.col("status_b").is_null() & ~pl.col("is_waiting"),
        )
        .group_by("hour")
        .agg(sampled=pl.len(), dropped=pl.col("dropped").sum())
        .sort("hour")
    )
    return [Drops(row["hour"], int(row["sampled"]), int(row["dropped"])) for row in counted.to_dicts()]


async def sample_ratio(
    connection: AsyncConnection[Any],
    experiment: Experiment,
    baseline: ShadowArm,
    arm: ShadowArm,
    rows: pl.DataFrame,
) -> SampleRatio | None:
    """Whether the arm answered its planned share of messages; None while there is nothing to count.

    `rows` are the arm's `sample_rows`. What still waits counts as answered: it is late, not lost.
    """
    since = experiment.frozen_at or datetime.now(UTC)
    params = sample_params(experiment, baseline, arm, since)
    row = await (await connection.execute(_QUERIES["champion_counts"], params)).fetchone()
    if row is None or not row[0] or arm.share_bp >= 10_000:
        return None
    reached = rows.filter(pl.col("status_b").is_not_null() | pl.col("is_waiting")).height
    share = arm.share_bp / 10_000
    return sample_ratio_test([int(row[0]) - reached, reached], [1 - share, share])
