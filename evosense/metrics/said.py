"""What was said on days and in hours, and what the models thought of it; open days are read by one scan of app."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.days import DayRows, closed_rows, live_rows
from evosense.metrics.figures import read_figures, sum_messages
from evosense.metrics.models import MessageFigures
from evosense.metrics.stitch import Row, Seam

_CLOSED = load("evosense.metrics", "cells.sql")
_LIVE = load("evosense.metrics", "live.sql")


@dataclass(frozen=True, slots=True)
class DaySaid:
    """A local day, of all connections; `active_contacts` wrote on it."""

    local_day: date
    active_contacts: int
    messages: MessageFigures


@dataclass(frozen=True, slots=True)
class HourSaid:
    """A local hour of a day on one connection."""

    local_day: date
    local_hour: int
    connection_id: UUID
    messages: MessageFigures


@dataclass(frozen=True, slots=True)
class OpenDay:
    """All that is asked of a day that is read from app, as the marts would have it.

    `emotions` are rows of fct_daily_emotions, `connections` those of fct_daily_coverage.
    """

    day: DaySaid
    hours: Sequence[HourSaid]
    emotions: Sequence[Row]
    connections: Sequence[Row]


def message_figures(found: Iterable[DaySaid | HourSaid]) -> MessageFigures:
    """The figures of these rows together."""
    return sum_messages(row.messages for row in found)


async def hours_said(connection: AsyncConnection[Any], seam: Seam, connection_id: UUID | None = None) -> list[HourSaid]:
    """One row per hour and connection with messages."""
    found = await closed_rows(connection, seam, _CLOSED["closed_hours"], seam.closed_days, _hour)
    found += [hour for day in await open_days(connection, seam, seam.open_days) for hour in day.hours]
    return [row for row in found if connection_id in (None, row.connection_id)]


async def days_said(connection: AsyncConnection[Any], seam: Seam) -> list[DaySaid]:
    """One row per day with messages: a twentieth of the hours' rows, and the same figures."""
    found = await closed_rows(connection, seam, _CLOSED["closed_message_days"], seam.closed_days, _day)
    return found + [day.day for day in await open_days(connection, seam, seam.open_days)]


async def open_days(connection: AsyncConnection[Any], seam: Seam, days: Sequence[date]) -> list[OpenDay]:
    """What app says of these days of the seam, those with messages."""
    return await live_rows(connection, seam, _OPEN, days)


def _day(row: Row) -> DaySaid:
    return DaySaid(row["local_day"], row["active_contacts"], read_figures(MessageFigures, row))


def _hour(row: Row) -> HourSaid:
    return HourSaid(row["local_day"], row["local_hour"], row["connection_id"], read_figures(MessageFigures, row))


def _open_day(row: Row) -> OpenDay:
    hours = [_hour(each) for each in _unpacked(row["hours"])]
    day = DaySaid(row["local_day"], row["active_contacts"], message_figures(hours))
    return OpenDay(day, hours, _unpacked(row["emotions"]), _unpacked(row["connections"]))


def _unpacked(rows: str) -> list[Row]:
    """Rows of a mart that came as JSON, with the types that they have as rows; no digit of a sum gets lost."""
    found: list[dict[str, Any]] = json.loads(rows, parse_float=Decimal)
    for row in found:
        row["local_day"] = date.fromisoformat(row["local_day"])
        row["connection_id"] = UUID(row["connection_id"])
    return list(found)


_OPEN = DayRows[OpenDay](_LIVE["live_days"], _open_day)
