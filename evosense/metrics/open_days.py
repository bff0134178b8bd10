"""Open days, read from app slice by slice and kept until something happens to one of their messages.

A day's chats are cut into sixteen slices. What a customer writes changes the slice of their chat, so the next reader of
today reads a sixteenth of its messages and finds the others.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.arrays import array
from evosense.db.named_queries import load
from evosense.metrics.days import live_rows
from evosense.metrics.figures import hour_said, sum_messages
from evosense.metrics.models import DaySaid, HourSaid
from evosense.metrics.slices import Slice, read_together, slice_versions
from evosense.metrics.stitch import Row, Seam

_LIVE = load("evosense.metrics", "live.sql")


@dataclass(frozen=True, slots=True)
class OpenDay:
    """All that is asked of a day that is read from app, as the marts would have it.

    `emotions` are rows of fct_daily_emotions, `connections` those of fct_daily_coverage, several of them for the same
    key; `contacts` are those who wrote.
    """

    day: DaySaid
    hours: Sequence[HourSaid]
    emotions: Sequence[Row]
    connections: Sequence[Row]
    contacts: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class _Slice:
    """The same of one slice."""

    local_day: date
    hours: Sequence[HourSaid]
    emotions: Sequence[Row]
    connections: Sequence[Row]
    contacts: Sequence[UUID]


async def open_days(connection: AsyncConnection[Any], seam: Seam, days: Sequence[date]) -> list[OpenDay]:
    """What app says of these days of the seam, those with messages."""

    async def find(missing: Iterable[Slice]) -> Mapping[Slice, list[_Slice]]:
        return await _read(connection, seam, missing)

    versions = slice_versions(seam, days)
    if seam.memory is None:
        return _together(item for items in (await find(versions)).values() for item in items)
    slices = await seam.memory.parts((seam.tenant_id, "slices"), versions, find)

    async def add_up() -> list[OpenDay]:
        return _together(slices)

    return await seam.memory.get((seam.tenant_id, "open days", *days), tuple(versions.values()), add_up)


async def _read(connection: AsyncConnection[Any], seam: Seam, missing: Iterable[Slice]) -> Mapping[Slice, list[_Slice]]:
    """The slices with messages."""
    found: dict[Slice, list[_Slice]] = {}
    for numbers, days in read_together(missing):
        values = {"timezone": seam.version.timezone, "slices": array(int, numbers)}
        for row in await live_rows(connection, seam, _LIVE["live_days"], days, **values):
            found[row["local_day"], row["slice"]] = [_slice(row)]
    return found


def _together(slices: Iterable[_Slice]) -> list[OpenDay]:
    days: dict[date, list[_Slice]] = defaultdict(list)
    for item in slices:
        days[item.local_day].append(item)
    return [_open_day(day, parts) for day, parts in days.items()]


def _open_day(local_day: date, parts: Sequence[_Slice]) -> OpenDay:
    piles: dict[tuple[int, UUID], list[HourSaid]] = defaultdict(list)
    for part in parts:
        for row in part.hours:
            piles[row.local_hour, row.connection_id].append(row)
    hours = [HourSaid(local_day, *key, sum_messages(row.messages for row in pile)) for key, pile in piles.items()]
    # Two addresses of one contact may be in two slices.
    contacts = frozenset(contact for part in parts for contact in part.contacts)
    return OpenDay(
        day=DaySaid(local_day, len(contacts), sum_messages(hour.messages for hour in hours)),
        hours=hours,
        emotions=[row for part in parts for row in part.emotions],
        connections=[row for part in parts for row in part.connections],
        contacts=contacts,
    )


def _slice(row: Row) -> _Slice:
    hours = [hour_said(each) for each in _unpacked(row["hours"])]
    emotions, connections = _unpacked(row["emotions"]), _unpacked(row["connections"])
    return _Slice(row["local_day"], hours, emotions, connections, row["contact_ids"])


def _unpacked(rows: str) -> list[Row]:
    """Rows of a mart that came as JSON, with the types that they have as rows; no digit of a sum gets lost."""
    found: list[dict[str, Any]] = json.loads(rows, parse_float=Decimal)
    for row in found:
        row["local_day"] = date.fromisoformat(row["local_day"])
        row["connection_id"] = UUID(row["connection_id"])
    return list(found)
