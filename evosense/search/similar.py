"""Messages like a message, and chats like a chat, by the vectors that are stored. Runs in a tenant's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.errors import NotFound
from evosense.search.models import MessageFilter, RankedPage
from evosense.search.models_in_use import QueryVector, SearchModel
from evosense.search.rank import Query, rank_messages

_QUERIES = load("evosense.search", "similar.sql")
# A chat's three best messages decide; a few chats with many near messages may hide the others.
_MESSAGES_PER_CHAT = 10
_DEEPEST = 20_000


async def like_message(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    message_id: UUID,
    model: SearchModel,
    *,
    wanted: MessageFilter | None = None,
    related_only: bool = False,
    limit: int = 20,
) -> RankedPage:
    """The messages that are most like one: by its vector, or by its rarest words where it has none.

    Raises:
        NotFound: the tenant has no such message.
    """
    params = {"tenant_id": tenant_id, "message_id": message_id, "config_hash": model.config_hash}
    row = await (await connection.execute(_QUERIES["vector_of_message"], params)).fetchone()
    if row is None:
        raise NotFound
    vector, text = row
    found = QueryVector(vector, model.config_hash, 1.0) if vector and model.config_hash else None
    query = Query(
        words=text or "",
        mode="semantic" if found else "hybrid",
        vector=found,
        wanted=wanted or MessageFilter(),
        related_above=model.related_above,
        related_only=related_only,
        except_id=message_id,
    )
    return await rank_messages(connection, tenant_id, query, page_size=limit)


@dataclass(frozen=True, slots=True)
class SimilarChat:
    """A chat like another: mean cosine of its best messages, how many are near, and the best as the API shows it."""

    chat_id: UUID
    similarity: float
    messages: int
    best: dict[str, Any]


async def like_chat(
    connection: AsyncConnection[Any], tenant_id: UUID, chat_id: UUID, model: SearchModel, *, limit: int = 10
) -> list[SimilarChat]:
    """The chats whose messages are most like what the other side of one wrote of late; empty while it has no vectors.

    Raises:
        NotFound: the tenant has no such chat.
    """
    params: dict[str, Any] = {"tenant_id": tenant_id, "chat_id": chat_id, "config_hash": model.config_hash}
    row = await (await connection.execute(_QUERIES["vector_of_chat"], params)).fetchone()
    if row is None:
        raise NotFound
    if row[0] is None:
        return []
    depth = limit * _MESSAGES_PER_CHAT
    while True:
        asked = {**params, "vector": row[0], "depth": depth, "page_size": limit}
        rows = await (await connection.execute(_QUERIES["similar_chats"], asked, prepare=False)).fetchall()
        is_all = bool(rows) and rows[0][3] < depth
        if len(rows) == limit or is_all or depth >= _DEEPEST:
            return [SimilarChat(row[0], row[1], row[2], row[4]) for row in rows]
        depth *= 4
