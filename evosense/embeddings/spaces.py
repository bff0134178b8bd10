"""When a tenant's search changes to a new embedding model: once every message has its vector, and not before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.named_queries import load

# Single texts that a model can't take hold nothing up; a server that refuses most of them is no model to change to.
_FEW_GIVEN_UP: Final = 5
_FEW_OF_ALL: Final = 0.02
_QUERIES = load("evosense.embeddings", "spaces.sql")


@dataclass(frozen=True, slots=True)
class Change:
    """A tenant on its way from one model to the next.

    Attributes:
        embedded: messages that have the new vector.
        given_up: messages whose embedding failed for good.
        missing: messages that are still to be embedded.
    """

    tenant_id: UUID
    from_hash: str
    to_hash: str
    embedded: int
    given_up: int
    missing: int

    @property
    def is_complete(self) -> bool:
        """Whether search may change: nothing is missing, and few were given up."""
        few = max(_FEW_GIVEN_UP, _FEW_OF_ALL * (self.embedded + self.given_up))
        return self.missing == 0 and self.given_up <= few


async def changes(connection: AsyncConnection[Any]) -> list[Change]:
    """Every tenant that is being embedded anew."""
    async with connection.cursor(row_factory=class_row(Change)) as cursor:
        await cursor.execute(_QUERIES["changes"])
        return await cursor.fetchall()


async def complete_changes(connection: AsyncConnection[Any]) -> list[Change]:
    """Let search use the new model where the change is complete; answers every change as it was found."""
    found = await changes(connection)
    for change in found:
        if change.is_complete:
            params = {"tenant_id": change.tenant_id, "from_hash": change.from_hash, "to_hash": change.to_hash}
            await connection.execute(_QUERIES["use_next"], params)
    return found


async def forget_unused(connection: AsyncConnection[Any]) -> int:
    """Delete vectors of models that no search uses any more, and of messages that were deleted; answers how many."""
    row = await (await connection.execute(_QUERIES["forget_unused"])).fetchone()
    return int(row[0]) if row else 0
