"""What scoring days again would take, told before it is begun, and a ceiling on its cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.errors import InvalidInput, QuotaExceeded

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
    """Cost and time before a run, of local days first..last of one tenant or of all. Raises InvalidInput."""
    if first > last:
        message = "the first day must not be after the last day"
        raise InvalidInput(message)
    asked = {"first": first, "last": last, "tenant_id": tenant_id}
    found = await (await connection.execute(_QUERIES["lacking"], asked)).fetchone()
    missing = int(found[0]) if found else 0
    row = await (await connection.execute(_QUERIES["mean_call"], {"tenant_id": tenant_id})).fetchone()
    cost_micros, latency_ms = (float(row[0]), float(row[1])) if row else (0.0, 0.0)
    return Estimate(missing, missing * cost_micros / 1e6, missing * latency_ms / 1000 / slots)


async def hold_to_ceiling(
    connection: AsyncConnection[Any], first: date, last: date, tenant_id: UUID | None, max_cost_usd: float | None
) -> None:
    """See that scoring the missing messages stays below a ceiling; None means there is none.

    Raises:
        QuotaExceeded: it would cost more.
    """
    if max_cost_usd is None:
        return
    expected = await estimate(connection, first, last, tenant_id, slots=1)
    if expected.cost_usd > max_cost_usd:
        raise QuotaExceeded(
            f"{expected.messages} messages would cost about {expected.cost_usd:.2f} USD, more than the"
            f" {max_cost_usd:.2f} allowed: choose fewer days, or allow more"
        )
