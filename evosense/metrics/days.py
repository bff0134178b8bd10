"""Rows of days and of the conversations that begin on them, read from both sides of the seam and kept.

What the warehouse knows of a closed day is right until the next build; what app knows of the messages of an open day,
until something happens to one of them. Both are kept in the seam's memory for as long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, LiteralString, TypeVar

from psycopg import AsyncConnection

from evosense.db.arrays import array
from evosense.db.named_queries import load
from evosense.metrics.figures import stretches
from evosense.metrics.stitch import Row, Seam, rows, span_columns

_MARTS = load("evosense.metrics", "marts.sql")  # these need a warehouse
T = TypeVar("T")


@dataclass(frozen=True)
class DayRows(Generic[T]):
    """Rows with a `local_day` out of the tables of app.

    Attributes:
        query: Takes tenant_id, from_day and to_day.
        read: Makes of a row what is kept and shared, so it must not be changed.
        rests_on_messages: The rows rest on nothing but messages, their scores and whom they are with: a change of those
            leaves a mark in app.dirty, so they can be kept.
    """

    query: LiteralString
    read: Callable[[Row], T]
    rests_on_messages: bool = True


async def closed_rows(
    connection: AsyncConnection[Any],
    seam: Seam,
    query: LiteralString,
    days: Iterable[date],
    read: Callable[[Row], T],
    key: Hashable = None,
    **values: Any,
) -> list[T]:
    """What a query over a mart, which takes tenant_id and days, says of these closed days; nothing without a warehouse.

    `read` makes of a row what is kept and shared; the same function each time, for what it made is found by it. `key`
    names the other values.
    """

    async def find(missing: Sequence[date]) -> Mapping[date, list[T]]:
        scope = {"tenant_id": seam.tenant_id, "days": array(date, missing), **values}
        return _by_day(await rows(connection, query, scope), read)

    known = list(days) if seam.is_built else []
    kept = [day for day in known if seam.memory is not None and day not in seam.frozen_days]
    # While retention runs it deletes without a mark, but it freezes the days first.
    fresh = [day for day in known if seam.memory is None or day in seam.frozen_days]
    found: list[T] = []
    if fresh:
        found += [item for items in (await find(fresh)).values() for item in items]
    if kept and seam.memory is not None:
        versions = dict.fromkeys(kept, seam.version.of_marts)
        found += await seam.memory.parts((seam.tenant_id, query, read, key), versions, find)
    return found


async def conversations_of(
    connection: AsyncConnection[Any],
    seam: Seam,
    query: str,
    read: Callable[[Row], T],
    days: Iterable[date],
    key: Hashable = None,
    **values: Any,
) -> list[T]:
    """What a query of marts.sql makes of the conversations that begin on these days and that the warehouse knows right.

    Conversations that begin on a closed day are all known right, so they are kept. `key` names the other values.
    """
    if not seam.is_built:
        return []
    moving = {*seam.open_days, *seam.frozen_days}
    known = list(days)
    none = span_columns([])
    closed = [day for day in known if day not in moving]
    found = await closed_rows(connection, seam, _MARTS[query], closed, read, key, **none, **values)
    others = sorted(day for day in known if day in moving)

    async def find() -> list[T]:
        scope = {"tenant_id": seam.tenant_id, "days": array(date, others), **span_columns(seam.spans), **values}
        return [read(row) for row in await rows(connection, _MARTS[query], scope)]

    if not others:
        return found
    if seam.memory is None or not seam.frozen_days.isdisjoint(others):
        return found + await find()
    return found + await seam.memory.get((seam.tenant_id, query, read, key, *others), seam.version, find)


async def live_rows(connection: AsyncConnection[Any], seam: Seam, wanted: DayRows[T], days: Sequence[date]) -> list[T]:
    """The rows of these days as app has them this moment."""

    async def find(missing: Iterable[date]) -> Mapping[date, list[T]]:
        found: dict[date, list[T]] = {}
        for first, last in stretches(missing):
            scope = {"tenant_id": seam.tenant_id, "from_day": first, "to_day": last}
            found |= _by_day(await rows(connection, wanted.query, scope), wanted.read)
        return found

    if seam.memory is None or not wanted.rests_on_messages:
        return [item for items in (await find(days)).values() for item in items]
    now = seam.version
    state = (now.of_marts, now.timezone, seam.changes.moves)
    versions = {day: (*state, seam.changes.by_day.get(day, 0)) for day in days}
    return await seam.memory.parts((seam.tenant_id, wanted.query), versions, find)


def _by_day(found: Iterable[Row], read: Callable[[Row], T]) -> dict[date, list[T]]:
    days: dict[date, list[T]] = defaultdict(list)
    for row in found:
        days[row["local_day"]].append(read(row))
    return days


def as_it_is(row: Row) -> Row:
    """The row itself, for those who keep all of it."""
    return row
