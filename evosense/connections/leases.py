"""Leases: which listener holds which connection.

Rows, not advisory locks: they survive a pooled database connection, and the fence, which grows with every change of
hands, is checked in the transaction of each flush. Renewed every 3 s, run out after 8 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.connections.models import Lease
from evosense.db.named_queries import load

RENEW_EVERY_S: Final = 3.0
_QUERIES = load("evosense.connections")
Place = tuple[UUID, UUID]


async def heartbeat(connection: AsyncConnection[Any], owner: str) -> int:
    """Say that this listener lives; answers how many do."""
    row = await (await connection.execute(_QUERIES["heartbeat"], {"owner": owner})).fetchone()
    return int(row[0]) if row else 1


async def farewell(connection: AsyncConnection[Any], owner: str) -> None:
    """Leave: other listeners need not wait for the leases to run out."""
    await connection.execute(_QUERIES["farewell"], {"owner": owner})


async def free(connection: AsyncConnection[Any], places: Sequence[Place]) -> list[Place]:
    """Those of the (tenant, connection) places that nobody holds."""
    rows = await (await connection.execute(_QUERIES["free_connections"], _places(places))).fetchall()
    return [(row[0], row[1]) for row in rows]


async def claim(connection: AsyncConnection[Any], owner: str, places: Sequence[Place]) -> list[Lease]:
    """Take what is free of the places; answers the leases that are now ours."""
    if not places:
        return []
    values = {"claimant": owner, **_places(places)}
    rows = await (await connection.execute(_QUERIES["claim_leases"], values)).fetchall()
    return [Lease(*row) for row in rows]


async def next_end(connection: AsyncConnection[Any], owner: str) -> float | None:
    """In how many seconds the first lease of another listener ends: it dies then, if it does not renew it before."""
    row = await (await connection.execute(_QUERIES["next_lease_end"], {"owner": owner})).fetchone()
    return row[0] if row else None


async def renew(connection: AsyncConnection[Any], owner: str, leases: Iterable[Lease]) -> list[Lease]:
    """Prolong leases; those that are not answered are somebody else's by now."""
    values = {"owner": owner, **_fenced(leases)}
    rows = await (await connection.execute(_QUERIES["renew_leases"], values)).fetchall()
    return [Lease(*row) for row in rows]


async def release(connection: AsyncConnection[Any], owner: str, leases: Iterable[Lease]) -> None:
    """Give leases back."""
    await connection.execute(_QUERIES["release_leases"], {"owner": owner, **_fenced(leases)})


def _places(places: Sequence[Place]) -> dict[str, Any]:
    return {"tenant_ids": [place[0] for place in places], "connection_ids": [place[1] for place in places]}


def _fenced(leases: Iterable[Lease]) -> dict[str, Any]:
    held = list(leases)
    return {**_places([(lease.tenant_id, lease.connection_id) for lease in held]), "fences": [x.fence for x in held]}
