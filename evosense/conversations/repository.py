"""Conversations out of the tables of app, as they are this moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from evosense.conversations.models import Conversation, Span
from evosense.db.arrays import array
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, NotFound

_QUERIES = load("evosense.conversations")
_LIVE = load("evosense.conversations", "live.sql")
# WhatsApp is younger, and clocks that are further ahead were set right at the door.
_BEGINNING, _END = datetime(2009, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MANY = 100
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
        "identity_ids": array(UUID, [span.identity_id for span in spans]),
        "from_ats": array(datetime, [span.from_at for span in spans]),
        "to_ats": array(datetime, [span.to_at for span in spans]),
    }
    # Rows of a CTE can't be estimated; over many chats, nested loops between them would take minutes.
    many = len(spans) > _MANY
    async with connection.cursor(row_factory=dict_row) as cursor:
        if many:
            await cursor.execute(_QUERIES["join_by_loops"], {"value": "off"})
        # Never prepared: the plan depends on how many chats are asked for.
        await cursor.execute(_LIVE["live_conversations"], values, prepare=False)
        found = [read_conversation(row) for row in await cursor.fetchall()]
        if many:
            await cursor.execute(_QUERIES["join_by_loops"], {"value": "on"})
        return found


async def session_gap(connection: AsyncConnection[Any], tenant_id: UUID) -> timedelta:
    """How long a silence ends a conversation of the tenant. Raises NotFound."""
    cursor = await connection.execute(_QUERIES["session_gap"], {"tenant_id": tenant_id})
    row = await cursor.fetchone()
    if row is None:
        raise NotFound
    return row[0]


async def conversation_of(connection: AsyncConnection[Any], tenant_id: UUID, message_id: UUID) -> Conversation:
    """The conversation that the message is part of, as it is in app this moment. Raises NotFound."""
    cursor = await connection.execute(
        _QUERIES["addresses_of_message"], {"tenant_id": tenant_id, "message_id": message_id}
    )
    addresses = await cursor.fetchall()
    if not addresses:
        raise NotFound
    sent_at: datetime = addresses[0][1]
    for item in await _whole_chat(connection, tenant_id, [identity for identity, _ in addresses]):
        if item.started_at <= sent_at <= item.last_message_at:
            return item
    raise NotFound


async def messages_of(
    connection: AsyncConnection[Any], tenant_id: UUID, conversation: Conversation, *, page_size: int = 2000
) -> bytes:
    """JSON array of the conversation's messages, oldest first; what was edited, revoked or reacted to is told."""
    cursor = await connection.execute(
        _QUERIES["addresses_of_message"], {"tenant_id": tenant_id, "message_id": conversation.conversation_id}
    )
    values = {
        "tenant_id": tenant_id,
        "identity_ids": [identity for identity, _ in await cursor.fetchall()],
        "first": conversation.started_at,
        "last": conversation.last_message_at,
        "page_size": page_size,
    }
    cursor = await connection.execute(_QUERIES["messages_of_conversation"], values, prepare=False)
    row = await cursor.fetchone()
    return str(row[0] if row else "[]").encode()


async def close_conversation(
    connection: AsyncConnection[Any], tenant_id: UUID, chat_id: UUID, user_id: UUID | None, now: datetime
) -> Conversation:
    """The chat's open conversation, closed at `now`; what is written next begins another.

    Raises:
        NotFound: The tenant has no such individual chat with messages.
        Conflict: Its last conversation is over: closed before, or by silence.
    """
    cursor = await connection.execute(_QUERIES["addresses_of_chat"], {"tenant_id": tenant_id, "chat_id": chat_id})
    addresses = await cursor.fetchall()
    if not addresses:
        raise NotFound
    found = await _whole_chat(connection, tenant_id, [identity for identity, _ in addresses])
    last = max(found, key=lambda item: item.started_at, default=None)
    if last is None or last.state(now, await session_gap(connection, tenant_id)) == "closed":
        message = "The chat's last conversation is over already; the next message begins another"
        raise Conflict(message)
    closed_at = max(now, last.last_message_at)
    identity_id = max(addresses, key=lambda row: row[1])[0]
    values = {
        "tenant_id": tenant_id,
        "id": new_id(),
        "identity_id": identity_id,
        "closed_at": closed_at,
        "closed_by": user_id,
    }
    await connection.execute(_QUERIES["close"], values)
    await connection.execute(_QUERIES["mark_closed"], values)
    return replace(last, closed_at=closed_at)


async def _whole_chat(
    connection: AsyncConnection[Any], tenant_id: UUID, identity_ids: Sequence[UUID]
) -> list[Conversation]:
    spans = [Span(identity, _BEGINNING, _END) for identity in identity_ids]
    return await live_conversations(connection, tenant_id, spans, since_day=_BEGINNING.date())
