"""Erasing a company whose subscription ended thirty days ago.

Every table with a tenant_id is emptied of it, marts included, in batches that commit one by one, so an interrupted
purge goes on where it stopped. What stays is named here: the company itself, its bills, and the audit of acts, all
of which hold ids, codes and amounts only. Keys go last: with them gone, no backup's ciphertext can be opened either.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, sql

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.errors import ConfigurationError
from evosense.log import get_logger
from evosense.tenants.audit import record

_QUERIES = load("evosense.billing", "reconcile.sql")
_log = get_logger(__name__)
_BATCH: Final = 10_000
KEPT: Final = frozenset(
    {
        "tenant",
        "audit_log",
        "tombstone",
        "payment_account",
        "subscription",
        "subscription_item",
        "invoice",
        "billing_event",
        "billing_intent",
        "billing_drift",
        "dunning_notice",
    }
)
_LAST: Final = "tenant_key"


async def purge_due(pool: AsyncPool, now: datetime) -> list[UUID]:
    """Erase every company that is due; answers which."""
    async with pool.connection() as connection:
        rows = await (await connection.execute(_QUERIES["due_for_purge"], {"now": now})).fetchall()
    done: list[UUID] = []
    for (tenant_id,) in rows:
        if await _purge(pool, tenant_id, now):
            done.append(tenant_id)
    return done


async def _purge(pool: AsyncPool, tenant_id: UUID, now: datetime) -> bool:
    async with pool.connection() as connection:
        tables = await (await connection.execute(_QUERIES["tenant_tables"], {"kept": list(KEPT)})).fetchall()
    closed = [name for _, name, may_delete in tables if not may_delete]
    if closed:
        message = (
            f"the role evosense_pipeline lacks the right to delete in {', '.join(closed)}; grant it by a migration"
        )
        raise ConfigurationError(message)
    waiting = deque(sorted(((str(space), str(name)) for space, name, _ in tables), key=lambda one: one[1] == _LAST))
    refused = 0
    while waiting:
        if not await _still_due(pool, tenant_id, now):
            _log.warning("purge_stopped", tenant_id=str(tenant_id))
            return False
        table = waiting.popleft()
        try:
            await _empty(pool, table, tenant_id)
            refused = 0
        except psycopg.errors.ForeignKeyViolation:
            # Rows of another table point here: that one first.
            waiting.append(table)
            refused += 1
            if refused > len(waiting):
                raise
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(_QUERIES["mark_purged"], {"tenant_id": tenant_id, "now": now})
        await record(
            connection,
            tenant_id,
            actor="billing",
            action="purged",
            target=f"tenant:{tenant_id}",
            detail={"tables": len(tables)},
        )
    _log.info("tenant_purged", tenant_id=str(tenant_id), tables=len(tables))
    return True


async def _still_due(pool: AsyncPool, tenant_id: UUID, now: datetime) -> bool:
    async with pool.connection() as connection:
        rows = await (await connection.execute(_QUERIES["due_for_purge"], {"now": now})).fetchall()
    return (tenant_id,) in rows


async def _empty(pool: AsyncPool, table: tuple[str, str], tenant_id: UUID) -> None:
    # Partitions share ctids, so a row is named by its partition as well.
    statement = sql.SQL(
        "delete from {table} where tenant_id = %(tenant_id)s and (tableoid, ctid) in "
        "(select tableoid, ctid from {table} where tenant_id = %(tenant_id)s limit %(batch)s)"
    ).format(table=sql.Identifier(*table))
    while True:
        async with pool.connection() as connection, connection.transaction():
            if await _delete(connection, statement, tenant_id) < _BATCH:
                return


async def _delete(connection: AsyncConnection[Any], statement: sql.Composed, tenant_id: UUID) -> int:
    return (await connection.execute(statement, {"tenant_id": tenant_id, "batch": _BATCH})).rowcount
