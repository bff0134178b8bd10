"""When a tenant's search changes to a new embedding model: once every message has its vector, and not before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.named_queries import load

_QUERIES = load("evosense.embeddings", "spaces.sql")


@dataclass(frozen=True, slots=True)
class Change:
    """A tenant on its way from one model to the next, with how many messages lack the new vector."""

    tenant_id: UUID
    from_hash: str
    to_hash: str
    missing: int


async def changes(connection: AsyncConnection[Any]) -> list[Change]:
    """Every tenant that is being embedded anew. A message whose embedding was given up counts as done."""
    async with connection.cursor(row_factory=class_row(Change)) as cursor:
        await cursor.execute(_QUERIES["changes"])
        return await cursor.fetchall()


async def complete_changes(connection: AsyncConnection[Any]) -> list[Change]:
    """Let search use the new model where nothing is missing; answers every change as it was found."""
    found = await changes(connection)
    for change in found:
        if change.missing == 0:
            params = {"tenant_id": change.tenant_id, "from_hash": change.from_hash, "to_hash": change.to_hash}
            await connection.execute(_QUERIES["use_next"], params)
    return found


async def forget_unused(connection: AsyncConnection[Any]) -> int:
    """Delete vectors of models that no search uses any more, and of messages that were deleted; answers how many."""
    row = await (await connection.execute(_QUERIES["forget_unused"])).fetchone()
    return int(row[0]) if row else 0
