"""Conversations out of the tables of app, as they are this moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from evosense.conversations.models import Conversation, Span
from evosense.db.named_queries import load

_QUERIES = load("evosense.conversations")
_LIVE = load("evosense.conversations", "live.sql")
_FIELDS = tuple(field.name for field in fields(Conversation))


def read_conversation(row: Mapping[str, Any]) -> Conversation:
    """The conversation in a row of the mart or of its live form."""
    return Conversation(**{name: row[name] for name in _FIELDS})


async def all_addresses(connection: AsyncConnection[Any], tenant_id: UUID, *, since_day: date) -> list[Span]:
    """Every address of an individual chat, with the span that conversations from `since_day` on can need."""
    async with connection.cursor(row_factory=class_row(Span)) as cursor:
        await cursor.execute(
            _QUERIES["individual_addresses"], {"tenant_id": tenant_id, "since_day": since_day}, prepare=False
        )
        return await cursor.fetchall()


async def live_conversations(
    connection: AsyncConnection[Any], tenant_id: UUID, spans: Sequence[Span], *, since_day: date
) -> list[Conversation]:
    """The conversations that begin on `since_day` (the tenant's local day) or later, in no particular order.

    Args:
        connection: In a transaction of the tenant, or of the pipeline's role.
        tenant_id: Whose conversations.
        spans: What to read. All addresses of a chat must be among them with the same span, and a span must not cut a
            conversation that begins on `since_day` or later.
        since_day: First local day.
    """
    values = {
        "tenant_id": tenant_id,
        "since_day": since_day,
        "identity_ids": [span.identity_id for span in spans],
        "from_ats": [span.from_at for span in spans],
        "to_ats": [span.to_at for span in spans],
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        # Never prepared: the plan depends on how many chats are asked for.
        await cursor.execute(_LIVE["live_conversations"], values, prepare=False)
        return [read_conversation(row) for row in await cursor.fetchall()]
