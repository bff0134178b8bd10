"""The one way to a tenant's rows in serving: a transaction that says whose it is.

Row level security reads `app.tenant_id`; set with `is_local = true` it ends with the transaction, so a
connection that goes back to the pool carries nobody's tenant.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from evosense.db.database import AsyncPool

_BECOME = """
select set_config('app.tenant_id', %(tenant_id)s, true),
       set_config('app.user_id', %(user_id)s, true),
       set_config('app.actor_role', %(role)s, true)
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person or key of a tenant, with the role that decides what is allowed."""

    tenant_id: UUID
    user_id: UUID | None
    role: str


@asynccontextmanager
async def tenant_transaction(pool: AsyncPool, actor: Actor) -> AsyncGenerator[AsyncConnection[TupleRow]]:
    """A transaction in which only the actor's tenant exists; commits at the end, rolls back on an error."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(
            _BECOME,
            {
                "tenant_id": str(actor.tenant_id),
                "user_id": str(actor.user_id or ""),
                "role": actor.role,
            },
        )
        yield connection
