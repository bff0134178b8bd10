"""A message and its edit that are stored in the same moment by two transactions: neither sees the other's rows.

So whoever stores messages shares a lock until commit, which costs next to nothing. Whoever stores an edit or a deletion
of a message that is not there takes the same lock alone, and looks again: all who may have been writing the message
have committed by then, and all who begin meanwhile wait, and then see the edit.

Connections fall into a few locks, because a flush may be about hundreds and Postgres has room for some thousands.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load

_QUERIES = load("evosense.messages", "changes.sql")
_LOCKS: Final = 128


async def share(connection: AsyncConnection[Any], connection_ids: Iterable[UUID]) -> None:
    """Before messages of these connections are stored, in an earlier statement: later ones see what it waited for.

    Where leases are held for connections, that statement does the same for them.
    """
    await connection.execute(_QUERIES["share_places"], {"locks": _locks(connection_ids)})


async def wait_alone(connection: AsyncConnection[Any], connection_ids: Iterable[UUID]) -> None:
    """Wait for everybody who is storing messages of these connections; who begins now waits until we commit."""
    await connection.execute(_QUERIES["hold_places_alone"], {"locks": _locks(connection_ids)})


def lock_of(connection_id: UUID) -> int:
    """The lock that a connection falls into."""
    return connection_id.int % _LOCKS


def _locks(connection_ids: Iterable[UUID]) -> list[int]:
    return sorted(set(map(lock_of, connection_ids)))
