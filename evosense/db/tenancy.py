"""The one way to a tenant's rows in serving: a transaction that says whose it is.

Row level security reads `app.tenant_id`; set with `is_local = true` it ends with the transaction, so a
connection that goes back to the pool carries nobody's tenant.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg.rows import AsyncRowFactory, TupleRow

from evosense.db.database import AsyncPool

_Row = TypeVar("_Row")
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


# A statement that is planned once for all tenants: its plan prunes partitions when it starts.
_BECOME_GENERIC = _BECOME.rstrip() + ",\n       set_config('plan_cache_mode', 'force_generic_plan', true)\n"


@asynccontextmanager
async def tenant_transaction(pool: AsyncPool, actor: Actor) -> AsyncGenerator[AsyncConnection[TupleRow]]:
    """A transaction in which only the actor's tenant exists; commits at the end, rolls back on an error."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(_BECOME, _who(actor))
        yield connection


async def tenant_read(
    pool: AsyncPool,
    actor: Actor,
    query: LiteralString,
    params: Mapping[str, Any],
    row_factory: AsyncRowFactory[_Row],
    *,
    planned_once: bool = False,
) -> list[_Row]:
    """The rows of one reading statement in which only the actor's tenant exists, in one round trip.

    Setting the tenant and the statement travel together and are one transaction, without BEGIN and COMMIT between:
    half the time of `tenant_transaction`. The statement is prepared.

    Args:
        pool: of the role evosense_api.
        actor: whose tenant.
        query: one statement that only reads.
        params: its parameters.
        row_factory: makes a row, as for psycopg's cursors: `tuple_row`, `class_row(Person)`.
        planned_once: keep one plan for all parameters. Where planning costs more than running; never for a statement
            whose optional filters are null more often than not.

    Raises:
        psycopg.Error: as the statement raises it.
        psycopg_pool.PoolTimeout: no connection came free in time.
    """
    connection = await pool.getconn()
    try:
        await connection.set_autocommit(True)  # of this object only: it asks nothing of the server
        async with connection.pipeline():
            await connection.execute(_BECOME_GENERIC if planned_once else _BECOME, _who(actor), prepare=True)
            cursor = connection.cursor(row_factory=row_factory)
            await cursor.execute(query, params, prepare=True)
        return await cursor.fetchall()
    finally:
        # Broken off in the middle it is of no use; the pool replaces it.
        if connection.info.transaction_status == TransactionStatus.IDLE:
            await connection.set_autocommit(False)
        else:
            await connection.close()
        await pool.putconn(connection)


def _who(actor: Actor) -> dict[str, str]:
    return {
        "tenant_id": str(actor.tenant_id),
        "user_id": str(actor.user_id or ""),
        "role": actor.role,
        "departments": ",".join(sorted(map(str, actor.departments or ()))),
    }
