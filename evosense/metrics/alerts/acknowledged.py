"""Who has taken notice of an alert, so that colleagues needn't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load

_QUERIES = load("evosense.metrics.alerts", "alerts.sql")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """`by` is the person's name, None once they have left the company."""

    at: datetime
    by: str | None


async def acknowledged(connection: AsyncConnection[Any], tenant_id: UUID, day: date) -> Mapping[str, Acknowledgement]:
    """What was taken notice of on a day, by the metric's name."""
    rows = await connection.execute(_QUERIES["acknowledged"], {"tenant_id": tenant_id, "local_day": day})
    return {metric: Acknowledgement(at, by) async for metric, at, by in rows}


async def acknowledge(connection: AsyncConnection[Any], tenant_id: UUID, day: date, metric: str, user_id: UUID) -> None:
    """Somebody knows of this metric's day; who was first stays."""
    values = {"tenant_id": tenant_id, "local_day": day, "metric": metric, "user_id": user_id}
    await connection.execute(_QUERIES["acknowledge"], values)


async def take_back(connection: AsyncConnection[Any], tenant_id: UUID, day: date, metric: str) -> None:
    """Nobody knows of it after all."""
    values = {"tenant_id": tenant_id, "local_day": day, "metric": metric}
    await connection.execute(_QUERIES["take_back"], values)
