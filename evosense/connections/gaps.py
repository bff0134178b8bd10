"""Gaps: stretches of time in which a connection may have missed events, and what came back of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.ids import new_id
from evosense.db.named_queries import load

GapState = Literal["repaired", "partial", "lost"]
_QUERIES = load("evosense.connections")


async def last_heard(
    connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID
) -> tuple[datetime | None, datetime | None]:
    """(when a connection was last heard, when it was made); both None when it is gone."""
    values = {"tenant_id": tenant_id, "id": connection_id}
    row = await (await connection.execute(_QUERIES["last_heard"], values)).fetchone()
    return (row[0], row[1]) if row else (None, None)


async def open_gap(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    connection_id: UUID,
    from_at: datetime,
    to_at: datetime,
    cause: str,
) -> UUID:
    """Record that something may be missing; answers the gap's id."""
    gap_id = new_id()
    values = {
        "tenant_id": tenant_id,
        "id": gap_id,
        "connection_id": connection_id,
        "from_at": from_at,
        "to_at": to_at,
        "cause": cause,
    }
    await connection.execute(_QUERIES["open_gap"], values)
    return gap_id


async def close_gap(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    gap_id: UUID,
    state: GapState,
    *,
    recovered: int,
    unrecoverable: str | None,
) -> None:
    """Record what came back (messages we had not) and, in a sentence, what can't."""
    values = {
        "tenant_id": tenant_id,
        "id": gap_id,
        "state": state,
        "recovered": recovered,
        "unrecoverable": unrecoverable,
    }
    await connection.execute(_QUERIES["close_gap"], values)


async def open_gaps(
    connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID
) -> list[tuple[UUID, datetime, datetime]]:
    """(id, from, to) of the gaps that are still open, oldest first: a listener died while it repaired them."""
    values = {"tenant_id": tenant_id, "connection_id": connection_id}
    rows = await (await connection.execute(_QUERIES["open_gaps"], values)).fetchall()
    return [(row[0], row[1], row[2]) for row in rows]
