"""The words of each tenant's messages, to correct mistyped queries by. Made anew, so what is erased leaves them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load

_QUERIES = load("evosense.search", "vocabulary.sql")
_WORTH_A_VOCABULARY = 100  # texts


async def tenants_with_messages(pool: AsyncPool) -> list[UUID]:
    """Every tenant that has something to search."""
    async with pool.connection() as connection:
        rows = await (await connection.execute(_QUERIES["tenants_with_messages"])).fetchall()
    return [row[0] for row in rows]


async def tenants_without_words(connection: AsyncConnection[Any]) -> list[UUID]:
    """Every tenant that has enough to search and no vocabulary yet."""
    rows = await (
        await connection.execute(_QUERIES["tenants_without_words"], {"texts": _WORTH_A_VOCABULARY})
    ).fetchall()
    return [row[0] for row in rows]


async def relearn(pool: AsyncPool, tenant_id: UUID) -> int:
    """Make a tenant's vocabulary anew; answers how many words it holds. Readers see the old or the new one."""
    async with pool.connection() as connection, connection.transaction():
        for forget in ("forget_words", "forget_forms"):
            await connection.execute(_QUERIES[forget], {"tenant_id": tenant_id})
        await connection.execute(_QUERIES["learn_forms"], {"tenant_id": tenant_id})
        row = await (await connection.execute(_QUERIES["learn_words"], {"tenant_id": tenant_id})).fetchone()
    return int(row[0]) if row else 0
