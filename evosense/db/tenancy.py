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
       set_config('app.actor_role', %(role)s, true),
       set_config('app.departments', %(departments)s, true)
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person or key of a tenant, with the role that decides what is allowed.

    Attributes:
        user_id: the person; None for a key and for the system itself.
        role: a role of people, `api_key`, or which part of the system acts.
        api_key_id: the key, where one acts.
        scopes: what the key was made for; None for people, whose role decides.
        departments: those whose rows the actor sees; None: all of the tenant (no role is narrower yet). Policies find
            them in `app.departments`, comma-separated, empty for all.
    """

    tenant_id: UUID
    user_id: UUID | None
    role: str
    api_key_id: UUID | None = None
    scopes: frozenset[str] | None = None
    departments: frozenset[UUID] | None = None

    @property
    def name(self) -> str:
        """How the audit log names the actor."""
        if self.api_key_id is not None:
            return f"api_key:{self.api_key_id}"
        return f"user:{self.user_id}" if self.user_id is not None else self.role


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
                "departments": ",".join(sorted(map(str, actor.departments or ()))),
            },
        )
        yield connection
