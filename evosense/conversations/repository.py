"""Conversations out of the tables of app, as they are this moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.conversations.models import Conversation
from evosense.db.named_queries import load

_QUERIES = load("evosense.conversations")


async def live_conversations(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    *,
    since_day: date,
    chat_identity_ids: Sequence[UUID] | None = None,
) -> list[Conversation]:
    """The conversations that begin on `since_day` (the tenant's local day) or later, in no particular order.

    Args:
        connection: In a transaction of the tenant, or of the pipeline's role.
        tenant_id: Whose conversations.
        since_day: First local day.
        chat_identity_ids: Only chats with these addresses; name all addresses of a chat. None means every chat.
    """
    values = {
        "tenant_id": tenant_id,
        "since_day": since_day,
        "chat_identity_ids": None if chat_identity_ids is None else list(chat_identity_ids),
    }
    async with connection.cursor(row_factory=class_row(Conversation)) as cursor:
        # Never prepared: the plan depends on how many chats are asked for.
        await cursor.execute(_QUERIES["live_conversations"], values, prepare=False)
        return await cursor.fetchall()
