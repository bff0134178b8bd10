"""Stretches of time in which messages may be missing, and the hours that they shade."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.stitch import Seam, rows

_QUERIES = load("evosense.metrics", "gaps.sql")
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which a connection may have missed messages; `state` says whether they came back."""

    gap_id: UUID
    connection_id: UUID
    from_at: datetime
    to_at: datetime
    cause: str
    state: str
    recovered: int


async def gaps(connection: AsyncConnection[Any], seam: Seam, connection_id: UUID | None = None) -> list[Gap]:
    """The gaps that touch the period, oldest first, repaired ones included."""
    found = await rows(connection, _QUERIES["gaps"], {**seam.scope, "connection_id": connection_id})
    return [Gap(**{name: value for name, value in row.items() if name != "timezone"}) for row in found]


async def hours_with_gaps(
    connection: AsyncConnection[Any], seam: Seam, connection_id: UUID | None = None
) -> set[tuple[date, int]]:
    """The local hours of the period in which messages are missing, those of repaired gaps left out."""
    found = await rows(connection, _QUERIES["gaps"], {**seam.scope, "connection_id": connection_id})
    shaded: set[tuple[date, int]] = set()
    first = datetime.combine(seam.from_day, datetime.min.time(), UTC) - timedelta(hours=14)
    last = datetime.combine(seam.to_day, datetime.min.time(), UTC) + timedelta(hours=36)
    for row in found:
        if row["state"] == "repaired":
            continue
        zone = ZoneInfo(row["timezone"])
        moment = max(row["from_at"].astimezone(UTC), first).replace(minute=0, second=0, microsecond=0)
        while moment <= min(row["to_at"], last):
            local = moment.astimezone(zone)
            shaded.add((local.date(), local.hour))
            moment += _HOUR / 2  # timezones of half an hour
    return {(day, hour) for day, hour in shaded if seam.from_day <= day <= seam.to_day}
