"""Publishing live events: the last statement of a transaction.

Numbers must appear in the order of commit, else a reader that asks for "everything since 41" can miss a 42 that
commits late. So the tenants' cursors are locked at the very end, in id order, and held for the commit only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from psycopg import AsyncConnection, AsyncCursor

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.live.models import NewLiveEvent

_QUERIES = load(__package__ or "evosense.live")


class _CountRow(NamedTuple):
    counted_tenant_id: UUID
    more: int


class _EventRow(NamedTuple):
    tenant_id: UUID
    after: int
    type: str
    topic: str
    audience: str
    payload: str


async def publish(connection: AsyncConnection[Any], events: Sequence[NewLiveEvent]) -> dict[UUID, int]:
    """Number and store `events` and announce them at commit; answers each tenant's newest number.

    Call it last in the transaction: it locks the tenants' cursors until the commit.
    """
    if not events:
        return {}
    rows = await (await send_events(connection, events)).fetchall()
    return {row[0]: int(row[1]) for row in rows}


async def send_events(connection: AsyncConnection[Any], events: Sequence[NewLiveEvent]) -> AsyncCursor[Any]:
    """`publish` without waiting for the numbers, in a pipeline; there must be events."""
    counts = Counter(event.tenant_id for event in events)
    after = counts.copy()
    rows: list[_EventRow] = []
    for event in events:
        after[event.tenant_id] -= 1
        payload = orjson.dumps(event.payload).decode()
        rows.append(
            _EventRow(event.tenant_id, after[event.tenant_id], event.type, event.topic, event.audience, payload)
        )
    return await connection.execute(_QUERIES["publish"], arrays(_CountRow, counts.items()) | arrays(_EventRow, rows))
