"""Messages by time, all or those that hold words. Runs inside a tenant's transaction (`evosense.db.tenancy`).

Listing reads under row level security. Full text goes through a definer function of migration 0081, which answers ids;
what they say is read under row level security again.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_read
from evosense.search.models import MessageFilter, MessagePage, Position
from evosense.search.terms import parse
from evosense.search.widen import widenings

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
    return _page(rows[0], step=0)


async def list_messages(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    wanted: MessageFilter,
    *,
    theme_id: UUID | None = None,
    before: Position | None = None,
    page_size: int = 50,
) -> MessagePage:
    """The newest messages that pass the filter (of one theme), older than `before`."""
    params = {**_lists(asdict(wanted)), "theme_id": theme_id, **_place(tenant_id, before, page_size)}
    return _page(await _row(connection, "list_messages", params), step=0)


async def find_messages(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    words: str,
    wanted: MessageFilter,
    *,
    before: Position | None = None,
    page_size: int = 50,
) -> MessagePage:
    """The newest messages that hold all the words; when there is none, mistyped words are corrected, then any will do.

    `words` as in a web search: "an exact phrase", begin*, or, -without. Accents and endings don't matter.
    """
    params = {**_place(tenant_id, before, page_size), "filter": filter_json(wanted)}
    row: tuple[Any, ...] = ("[]", False, None, None)
    step = before.step if before else 0
    async for widened in widenings(connection, tenant_id, parse(words), start=step):
        step = widened.step
        row = await _row(connection, "find_messages", {**params, "terms": widened.json, "any_word": widened.any_word})
        if before is not None or row[2] is not None:
            break
    return _page(row, step=step)


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


def _lists(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def filter_json(wanted: MessageFilter) -> str:
    """The filter as the SQL functions read it."""
    return orjson.dumps(wanted).decode()


def _page(row: tuple[Any, ...], *, step: int) -> MessagePage:
    items, has_more, last_sent_at, last_id = row
    following = Position(last_sent_at, last_id, step).encode() if has_more else None
    return MessagePage(str(items).encode(), following)
