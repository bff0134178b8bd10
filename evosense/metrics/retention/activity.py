"""Who wrote when, in periods of the tenant's calendar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.days import DayRows, closed_rows, live_rows
from evosense.metrics.memory import Memory
from evosense.metrics.stitch import Row, find_days, one, rows

_QUERIES = load("evosense.metrics")
_CLOSED = load("evosense.metrics", "cells.sql")
_LIVE = load("evosense.metrics", "live.sql")
Grain = Literal["day", "week", "month"]
_EPOCH = date(1970, 1, 5)  # a Monday


def _wrote(row: Row) -> tuple[UUID, date]:
    return row["contact_id"], row["local_day"]


_WROTE = DayRows[tuple[UUID, date]](_LIVE["live_contact_days"], _wrote)


def period_of(day: date, grain: Grain) -> int:
    """The number of the period that a day is in; consecutive periods have consecutive numbers. Weeks are ISO weeks."""
    if grain == "month":
        return day.year * 12 + day.month - 1
    days = (day - _EPOCH).days
    return days // 7 if grain == "week" else days


def first_day_of(period: int, grain: Grain) -> date:
    """The first day of a period."""
    if grain == "month":
        return date(period // 12, period % 12 + 1, 1)
    return _EPOCH + timedelta(days=period * (7 if grain == "week" else 1))


@dataclass(frozen=True, slots=True)
class Activity:
    """Contacts with the periods in which they wrote, and the period of their first message ever.

    Attributes:
        grain: What a period is.
        active: By contact, the numbers of the periods with a customer message.
        first: By contact, the first of them, also where its messages have been deleted by age since.
        current: The period of today, which is not complete.
        known_from: The first period of which retention by plan has deleted nothing: who wrote before is unknown (only
            who began when is remembered); None where everything is there.
    """

    grain: Grain
    active: Mapping[UUID, frozenset[int]]
    first: Mapping[UUID, int]
    current: int
    known_from: int | None = None

    def __len__(self) -> int:
        """How many contacts."""
        return len(self.first)

    def knows(self, period: int) -> bool:
        """Whether everybody who wrote in the period is known."""
        return self.known_from is None or period >= self.known_from

    def by_period(self) -> dict[int, set[UUID]]:
        """The contacts that wrote, by period."""
        found: dict[int, set[UUID]] = defaultdict(set)
        for contact, periods in self.active.items():
            for period in periods:
                found[period].add(contact)
        return found


def activity_of(
    days: Iterable[tuple[UUID, date]],
    first_days: Mapping[UUID, date],
    grain: Grain,
    today: date,
    kept_from: date | None = None,
) -> Activity:
    """Out of (contact, local day) pairs of the whole history, and first days that are known besides.

    `kept_from` is the first day of which retention by plan has deleted nothing.
    """
    active: dict[UUID, set[int]] = defaultdict(set)
    for contact, day in days:
        active[contact].add(period_of(day, grain))
    first = {contact: min(periods) for contact, periods in active.items()}
    for contact, day in first_days.items():
        period = period_of(day, grain)
        first[contact] = min(period, first.get(contact, period))
    known_from = None
    if kept_from is not None:
        known_from = period_of(kept_from - timedelta(days=1), grain) + 1
    return Activity(
        grain,
        {contact: frozenset(periods) for contact, periods in active.items()},
        first,
        period_of(today, grain),
        known_from,
    )


async def activity(
    connection: AsyncConnection[Any], tenant_id: UUID, to_day: date, grain: Grain, memory: Memory | None = None
) -> Activity:
    """Everybody who wrote up to `to_day`: the whole history, because whoever was here before is not new."""
    known = await one(connection, _QUERIES["first_day"], {"tenant_id": tenant_id})
    from_day = min(known["first_day"] or to_day, to_day)
    seam = await find_days(connection, tenant_id, from_day, to_day, memory)
    ledger = await rows(connection, _QUERIES["first_seen"], {"tenant_id": tenant_id, "to_day": to_day})
    kept = await one(connection, _QUERIES["kept_from"], {"tenant_id": tenant_id})

    async def find() -> Activity:
        days = await closed_rows(connection, seam, _CLOSED["closed_contact_days"], seam.closed_days, _wrote)
        days += await live_rows(connection, seam, _WROTE, seam.open_days)
        first_days = {row["contact_id"]: row["first_day"] for row in ledger}
        return activity_of(days, first_days, grain, seam.today, kept["kept_from"])

    # While retention runs it deletes without a mark, but it remembers first days and freezes days before.
    if memory is None or ledger or seam.frozen_days:
        return await find()
    return await memory.get((tenant_id, "activity", grain, to_day), (seam.version, seam.today), find)
