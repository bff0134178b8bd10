"""Messages by time, words and likeness. Runs inside a tenant's transaction (`evosense.db.tenancy`).

Listing reads under row level security. Full text and vectors go through the definer functions of migration 0041,
which answer ids; the contents are read under row level security again.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from numpy.typing import NDArray
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_read
from evosense.search.models import MessageFilter, MessagePage, Position

_QUERIES = load("evosense.search")
_END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)


async def timeline(
    pool: AsyncPool, actor: Actor, *, before: Position | None = None, page_size: int = 50
) -> MessagePage:
    """The newest of all the actor's company's messages, older than `before`: the page that is asked for most."""
    params = {
        "tenant_id": actor.tenant_id,
        "before_sent_at": before.sent_at if before else _END_OF_TIME,
        "before_id": before.message_id if before else actor.tenant_id,
        "page_size": page_size,
    }
    rows = await tenant_read(pool, actor, _QUERIES["timeline"], params, tuple_row, planned_once=True)
    return _page(rows[0], any_word=False)


async def list_messages(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    wanted: MessageFilter,
    *,
    before: Position | None = None,
    page_size: int = 50,
) -> MessagePage:
    """The newest messages that pass the filter, older than `before`."""
    params = {**asdict(wanted), **_place(tenant_id, before, page_size)}
    return _page(await _row(connection, "list_messages", params), any_word=False)


async def find_messages(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    words: str,
    wanted: MessageFilter,
    *,
    before: Position | None = None,
    page_size: int = 50,
) -> MessagePage:
    """The newest messages that hold all the words; when there is none, those that hold any of them.

    `words` as in a web search: "an exact phrase", or, -without. Accents and endings don't matter.
    """
    any_word = before.any_word if before else False
    params = {
        **_place(tenant_id, before, page_size),
        "words": words,
        "any_word": any_word,
        "filter": _json(wanted),
    }
    row = await _row(connection, "find_messages", params)
    if before is None and row[2] is None:
        any_word = True
        row = await _row(connection, "find_messages", {**params, "any_word": True})
    return _page(row, any_word=any_word)


async def similar_messages(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    words: str,
    vector: NDArray[np.float32],
    config_hash: str,
    wanted: MessageFilter,
    *,
    limit: int = 20,
) -> bytes:
    """JSON array of the messages nearest to the query's vector and words, best first.

    Args:
        connection: in the tenant's transaction.
        tenant_id: whose messages.
        words: the query as it was typed.
        vector: its embedding, float32 of shape (768,); all zero when it holds no word.
        config_hash: of the embedder that made `vector`; only vectors of the same one are compared.
        wanted: which messages come into question.
        limit: how many at most, up to 100.
    """
    params = {
        "tenant_id": tenant_id,
        "vector": "[" + ",".join(f"{value:.6g}" for value in vector) + "]",
        "config_hash": config_hash,
        "words": words,
        "filter": _json(wanted),
        "page_size": limit,
    }
    return str((await _row(connection, "similar_messages", params))[0]).encode()


async def _row(connection: AsyncConnection[Any], name: str, params: dict[str, Any]) -> tuple[Any, ...]:
    # Never prepared: a generic plan could not leave out the filters that are null.
    cursor = await connection.execute(_QUERIES[name], params, prepare=False)
    row = await cursor.fetchone()
    assert row is not None, "an aggregate always answers"  # noqa: S101
    return row


def _place(tenant_id: UUID, before: Position | None, page_size: int) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "before_sent_at": before.sent_at if before else None,
        "before_id": before.message_id if before else None,
        "page_size": page_size,
    }


def _json(wanted: MessageFilter) -> str:
    return orjson.dumps(wanted).decode()


def _page(row: tuple[Any, ...], *, any_word: bool) -> MessagePage:
    items, has_more, last_sent_at, last_id = row
    following = Position(last_sent_at, last_id, any_word).encode() if has_more else None
    return MessagePage(str(items).encode(), following)
