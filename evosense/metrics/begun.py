"""Conversations as figures need them: counted where and when they began, with their waits.

A period has thousands of conversations and figures look at five of their thirty columns, so Postgres adds them up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.conversations.models import Conversation
from evosense.metrics.days import conversations_of
from evosense.metrics.models import Begun
from evosense.metrics.stitch import Row, Seam


async def begun(
    connection: AsyncConnection[Any],
    seam: Seam,
    connection_id: UUID | None = None,
    days: Sequence[date] | None = None,
) -> list[Begun]:
    """The conversations that begin on these days (all of the period by default), from both sides of the seam."""
    wanted = set(seam.days if days is None else days)
    known = [_of_one(item) for item in seam.live if item.local_day in wanted]
    known += await conversations_of(connection, seam, "built_begun", _of_many, wanted)
    return [item for item in known if connection_id in (None, item.connection_id)]


def _of_one(item: Conversation) -> Begun:
    return Begun(
        local_day=item.local_day,
        local_hour=item.local_hour,
        connection_id=item.connection_id,
        responder_user_id=item.responder_user_id,
        conversations=1,
        by_customer=int(item.begun_by == "customer"),
        unanswered=int(item.is_unanswered),
        responses=[] if item.first_response_ms is None else [item.first_response_ms],
        waits=item.turn_waits_ms,
    )


def _of_many(row: Row) -> Begun:
    waits = [int(wait) for wait in (row["waits"] or "").split(",") if wait]
    values: dict[str, Any] = {**row, "waits": waits}
    return Begun(**values)
