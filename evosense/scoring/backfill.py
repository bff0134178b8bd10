"""Scoring days again on demand: what is missing is asked for, and every drain takes its share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.ai.tasks import wake
from evosense.db.named_queries import load
from evosense.errors import QuotaExceeded
from evosense.scoring import days

_QUERIES = load("evosense.scoring", "days.sql")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What scoring the missing messages of some days would take, by the calls of the last week.

    Attributes:
        messages: how many are missing.
        cost_usd: at the mean price of a call.
        seconds: at the mean latency of a call, `slots` at once.
    """

    messages: int
    cost_usd: float
    seconds: float


async def estimate(
    connection: AsyncConnection[Any], first: date, last: date, tenant_id: UUID | None, *, slots: int
) -> Estimate:
    """Cost and time before a run, of local days first..last of one tenant or of all."""
    covered = await days.coverage(connection, first, last, tenant_id)
    missing = sum(day.eligible - day.settled for day in covered)
    row = await (await connection.execute(_QUERIES["mean_call"], {"tenant_id": tenant_id})).fetchone()
    cost_micros, latency_ms = (float(row[0]), float(row[1])) if row else (0.0, 0.0)
    return Estimate(missing, missing * cost_micros / 1e6, missing * latency_ms / 1000 / slots)


async def enqueue(
    connection: AsyncConnection[Any],
    first: date,
    last: date,
    tenant_id: UUID | None = None,
    *,
    max_cost_usd: float | None = None,
) -> int:
    """Ask for the scores missing on local days first..last; answers how many messages. Wakes the drains at commit.

    `evosense.scoring.days.coverage` tells how far it is.

    Raises:
        QuotaExceeded: it would cost more than `max_cost_usd`; nothing was asked for.
    """
    if max_cost_usd is not None:
        expected = await estimate(connection, first, last, tenant_id, slots=1)
        if expected.cost_usd > max_cost_usd:
            raise QuotaExceeded(
                f"{expected.messages} messages would cost about {expected.cost_usd:.2f} USD, more than the"
                f" {max_cost_usd:.2f} allowed: choose fewer days, or allow more"
            )
    count = await days.enqueue_missing(connection, first, last, tenant_id)
    await wake(connection, "score")
    return count
