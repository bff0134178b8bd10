"""Reading live events: what a client missed, without holes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_read
from evosense.live.models import CatchUp, LiveEvent

_QUERIES = load("evosense.live")


async def newest(connection: AsyncConnection[Any], tenant_id: UUID) -> int:
    """The tenant's newest number; 0 before the first event."""
    return (await _bounds(connection, tenant_id))[1]


async def read_since(connection: AsyncConnection[Any], tenant_id: UUID, since: int, limit: int) -> list[LiveEvent]:
    """Events after `since` in order, `limit` at most."""
    async with connection.cursor(row_factory=class_row(LiveEvent)) as cursor:
        await cursor.execute(_QUERIES["since"], {"tenant_id": tenant_id, "since": since, "limit": limit})
        return await cursor.fetchall()


async def read_alone(pool: AsyncPool, actor: Actor, since: int, limit: int) -> list[LiveEvent]:
    """`read_since` in a transaction of its own, in one round trip: what stands between an event and its listeners."""
    params = {"tenant_id": actor.tenant_id, "since": since, "limit": limit}
    return await tenant_read(pool, actor, _QUERIES["since"], params, class_row(LiveEvent))


async def catch_up(connection: AsyncConnection[Any], tenant_id: UUID, since: int, *, limit: int = 500) -> CatchUp:
    """What happened after `since`, or that it can't be told any more (`resync`)."""
    lowest, highest = await _bounds(connection, tenant_id)
    if since > highest or since < lowest - 1:
        return CatchUp([], highest, resync=True)
    events = await read_since(connection, tenant_id, since, limit)
    # The number may have grown since the bounds were read: what was read counts.
    last = events[-1].seq if events else highest
    return CatchUp(events, max(highest, last), has_more=last < highest)


async def _bounds(connection: AsyncConnection[Any], tenant_id: UUID) -> tuple[int, int]:
    row = await (await connection.execute(_QUERIES["bounds"], {"tenant_id": tenant_id})).fetchone()
    lowest, highest = row or (None, None)
    # With every event expired, only the newest number itself is a valid place to go on from.
    return (int(lowest) if lowest is not None else int(highest or 0) + 1), int(highest or 0)
