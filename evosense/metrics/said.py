"""What was said on days and in hours, and what the models thought of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.days import closed_rows
from evosense.metrics.figures import day_said, hour_said, sum_messages
from evosense.metrics.models import DaySaid, HourSaid, MessageFigures
from evosense.metrics.open_days import open_days
from evosense.metrics.stitch import Seam

_CLOSED = load("evosense.metrics", "cells.sql")


def message_figures(found: Iterable[DaySaid | HourSaid]) -> MessageFigures:
    """The figures of these rows together."""
    return sum_messages(row.messages for row in found)


async def hours_said(connection: AsyncConnection[Any], seam: Seam, connection_id: UUID | None = None) -> list[HourSaid]:
    """One row per hour and connection with messages."""
    found = await closed_rows(connection, seam, _CLOSED["closed_hours"], seam.closed_days, hour_said)
    found += [hour for day in await open_days(connection, seam, seam.open_days) for hour in day.hours]
    return [row for row in found if connection_id in (None, row.connection_id)]


async def days_said(connection: AsyncConnection[Any], seam: Seam) -> list[DaySaid]:
    """One row per day with messages: a twentieth of the hours' rows, and the same figures."""
    found = await closed_rows(connection, seam, _CLOSED["closed_message_days"], seam.closed_days, day_said)
    return found + [day.day for day in await open_days(connection, seam, seam.open_days)]
