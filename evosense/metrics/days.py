"""Rows of days and of the conversations that begin on them.

What the warehouse knows of a closed day is right until the next build, and kept in the seam's memory for as long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection

from evosense.db.arrays import array
from evosense.db.named_queries import load
from evosense.metrics.figures import stretches
from evosense.metrics.stitch import Row, Seam, rows, span_columns

_MARTS = load("evosense.metrics", "marts.sql")  # these need a warehouse
T = TypeVar("T")


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
        return by_day(await rows(connection, query, scope), read)

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


async def live_rows(
    connection: AsyncConnection[Any], seam: Seam, query: LiteralString, days: Iterable[date], **values: Any
) -> list[Row]:
    """What a query over app, which takes tenant_id, from_day and to_day, says of these days this moment."""
    found: list[Row] = []
    for first, last in stretches(days):
        scope = {"tenant_id": seam.tenant_id, "from_day": first, "to_day": last, **values}
        found += await rows(connection, query, scope)
    return found


def by_day(found: Iterable[Row], read: Callable[[Row], T]) -> dict[date, list[T]]:
    """What `read` makes of the rows, by their local day."""
    days: dict[date, list[T]] = defaultdict(list)
    for row in found:
        days[row["local_day"]].append(read(row))
    return days


def as_it_is(row: Row) -> Row:
    """The row itself, for those who keep all of it."""
    return row
