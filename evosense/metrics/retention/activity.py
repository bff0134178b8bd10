"""Who wrote when, in periods of the tenant's calendar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.days import closed_rows
from evosense.metrics.memory import Memory
from evosense.metrics.open_days import open_days
from evosense.metrics.stitch import Row, Seam, find_days, one, rows

_QUERIES = load("evosense.metrics")
_CLOSED = load("evosense.metrics", "cells.sql")
Grain = Literal["day", "week", "month"]
_EPOCH = date(1970, 1, 5)  # a Monday


def _wrote(row: Row) -> tuple[UUID, date]:
    return row["contact_id"], row["local_day"]


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

    A contact is the number of its UUID: sets of numbers are ten times as quick as sets of UUIDs.

    Attributes:
        grain: What a period is.
        wrote: By period, the contacts with a message in it.
        first: By contact, the first such period, also where its messages have been deleted by age since.
        began: By period, the contacts whose first one it is.
        current: The period of today, which is not complete.
        known_from: The first period of which retention by plan has deleted nothing: who wrote before is unknown (only
            who began when is remembered); None where everything is there.
    """

    grain: Grain
    wrote: Mapping[int, Set[int]]
    first: Mapping[int, int]
    began: Mapping[int, Set[int]]
    current: int
    known_from: int | None = None

    def __len__(self) -> int:
        """How many contacts."""
        return len(self.first)

    def wrote_in(self, period: int) -> Set[int]:
        """Who wrote in a period."""
        return self.wrote.get(period, frozenset())

    def began_in(self, period: int) -> Set[int]:
        """Whose first period it is."""
        return self.began.get(period, frozenset())

    def knows(self, period: int) -> bool:
        """Whether everybody who wrote in the period is known."""
        return self.known_from is None or period >= self.known_from


def activity_of(
    days: Iterable[tuple[UUID, date]],
    first_days: Mapping[UUID, date],
    grain: Grain,
    today: date,
    kept_from: date | None = None,
    known: Activity | None = None,
) -> Activity:
    """Out of (contact, local day) pairs of the whole history, and first days that are known besides.

    Args:
        days: When who wrote.
        first_days: Of contacts whose first messages have been deleted since.
        grain: What a period is.
        today: The tenant's local day.
        kept_from: The first day of which retention by plan has deleted nothing.
        known: What is known of other days; `days` are the rest of the history.
    """
    wrote: dict[int, set[int]] = defaultdict(set)
    for contact, day in days:
        wrote[period_of(day, grain)].add(contact.int)
    first = dict(known.first) if known else {}
    for period, contacts in wrote.items():
        for contact in contacts:
            first[contact] = min(period, first.get(contact, period))
    for contact_id, day in first_days.items():
        period = period_of(day, grain)
        first[contact_id.int] = min(period, first.get(contact_id.int, period))
    began: dict[int, set[int]] = defaultdict(set)
    for contact, period in first.items():
        began[period].add(contact)
    before = known.wrote if known else {}
    return Activity(
        grain,
        {**before, **{period: contacts | before.get(period, set()) for period, contacts in wrote.items()}},
        first,
        dict(began),
        period_of(today, grain),
        None if kept_from is None else period_of(kept_from - timedelta(days=1), grain) + 1,
    )


async def activity(
    connection: AsyncConnection[Any], tenant_id: UUID, to_day: date, grain: Grain, memory: Memory | None = None
) -> Activity:
    """Everybody who wrote up to `to_day`: the whole history, because whoever was here before is not new."""
    known = await one(connection, _QUERIES["first_day"], {"tenant_id": tenant_id})
    from_day = min(known["first_day"] or to_day, to_day)
    seam = await find_days(connection, tenant_id, from_day, to_day, memory)
    ledger = await rows(connection, _QUERIES["first_seen"], {"tenant_id": tenant_id, "to_day": to_day})
    kept_from: date | None = (await one(connection, _QUERIES["kept_from"], {"tenant_id": tenant_id}))["kept_from"]
    first_days = {row["contact_id"]: row["first_day"] for row in ledger}

    async def find_closed() -> Activity:
        days = await closed_rows(connection, seam, _CLOSED["closed_contact_days"], seam.closed_days, _wrote)
        return activity_of(days, first_days, grain, seam.today)

    async def find() -> Activity:
        closed = await _closed(seam, grain, find_closed) if is_kept else await find_closed()
        opened = await open_days(connection, seam, seam.open_days)
        days = [(contact, each.day.local_day) for each in opened for contact in each.contacts]
        return activity_of(days, {}, grain, seam.today, kept_from, closed)

    # While retention runs it deletes without a mark, but it remembers first days and freezes days before.
    is_kept = not ledger and not seam.frozen_days
    if memory is None or not is_kept:
        return await find()
    return await memory.get((tenant_id, "activity", grain, to_day), (seam.version, seam.today), find)


async def _closed(seam: Seam, grain: Grain, find: Callable[[], Awaitable[Activity]]) -> Activity:
    """The activity of the closed days, found again until other days are closed or the marts say something else."""
    if seam.memory is None:
        return await find()
    version = (seam.version.of_marts, seam.today, seam.from_day, *seam.open_days)
    return await seam.memory.get((seam.tenant_id, "closed activity", grain, seam.to_day), version, find)
