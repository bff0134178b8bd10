"""Who gets the alerts by mail: everybody chooses for themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load

_QUERIES = load("evosense.metrics.alerts", "letters.sql")


async def is_reader(connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID) -> bool:
    """Whether the person wants them."""
    rows = await connection.execute(_QUERIES["is_reader"], {"tenant_id": tenant_id, "user_id": user_id})
    return await rows.fetchone() is not None


async def choose(connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID, *, wanted: bool) -> None:
    """The person wants them, or does not any more."""
    query = _QUERIES["begin" if wanted else "end"]
    await connection.execute(query, {"tenant_id": tenant_id, "user_id": user_id})
