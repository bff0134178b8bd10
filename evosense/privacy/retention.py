"""Retention by plan: what is older than the plan keeps goes, everywhere, for every company whatever its status.

For each company: count first (a dry run, written down), freeze the aggregates of the days that are going to lose
messages, remember when each contact first wrote, then delete in batches that commit one by one, so an interrupted run
goes on where it stopped. Whose plan is unknown keeps everything and is reported; so does who is on legal hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.log import get_logger
from evosense.privacy import statements
from evosense.privacy.messages import Doomed, delete_identities, delete_messages
from evosense.privacy.statements import BATCH
from evosense.privacy.stores import BY_MESSAGE, BY_TIME, FROZEN, MESSAGE, RAW, Store

_QUERIES = load("evosense.privacy", "retention.sql")
LEAST_PEOPLE: Final = 5
Outcome = Literal["done", "dry_run", "unknown_plan", "legal_hold"]
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a company's plan says: messages from `cutoff` on are kept; None when nothing may be deleted."""

    tenant_id: UUID
    now: datetime
    is_held: bool
    retention_days: int | None
    raw_days: int

    @property
    def cutoff(self) -> datetime | None:
        """The moment before which messages go."""
        if self.is_held or self.retention_days is None:
            return None
        return self.now - timedelta(days=self.retention_days)

    @property
    def raw_cutoff(self) -> datetime:
        """The moment before which raw events go."""
        return self.now - timedelta(days=self.raw_days)


@dataclass(slots=True)
class TenantRetention:
    """What a run did for a company: rows by table (to be deleted, in a dry run) and days whose figures were frozen."""

    tenant_id: UUID
    outcome: Outcome
    cutoff: datetime | None = None
    counts: Counter[str] = field(default_factory=Counter[str])
    frozen_days: int = 0


async def apply_retention(pool: AsyncPool, now: datetime, *, dry_run: bool = False) -> list[TenantRetention]:
    """Run retention for every company; `dry_run` only counts. Answers one result per company, in id order."""
    async with pool.connection() as connection:
        rows = await (await connection.execute(_QUERIES["tenants"], {"now": now})).fetchall()
    done: list[TenantRetention] = []
    for tenant_id, is_held, days, raw_days in rows:
        kept = Kept(tenant_id, now, is_held, days, raw_days)
        done.append(await _of_tenant(pool, kept, dry_run=dry_run))
    return done


async def _of_tenant(pool: AsyncPool, kept: Kept, *, dry_run: bool) -> TenantRetention:
    cutoff = kept.cutoff
    if cutoff is None:
        outcome: Outcome = "legal_hold" if kept.is_held else "unknown_plan"
        _log.warning("retention_skipped", tenant_id=str(kept.tenant_id), reason=outcome)
        result = TenantRetention(kept.tenant_id, outcome)
        await _write_down(pool, kept, result)
        return result
    async with pool.connection() as connection:
        values = {"tenant_id": kept.tenant_id, "cutoff": cutoff, "batch": BATCH, **await _held(connection, kept)}
        counted = await _count(connection, kept, values)
    planned = TenantRetention(kept.tenant_id, "dry_run", cutoff, counted)
    await _write_down(pool, kept, planned)
    if dry_run:
        return planned
    result = TenantRetention(kept.tenant_id, "done", cutoff)
    result.frozen_days = await _freeze(pool, values)
    await _remember_first_seen(pool, values)
    await _delete_messages(pool, values, result.counts)
    await _delete_by_time(pool, kept, values, result.counts)
    await _delete_lone_people(pool, values, result.counts)
    await _write_down(pool, kept, result)
    return result


async def _held(connection: AsyncConnection[Any], kept: Kept) -> dict[str, list[UUID]]:
    """Ids of people on hold: their addresses, contacts and chats."""
    found = await connection.execute(_QUERIES["held_people"], {"tenant_id": kept.tenant_id})
    rows = await found.fetchall()
    names = ("held", "held_contacts", "held_chats")
    return {name: sorted({row[place] for row in rows if row[place]}) for place, name in enumerate(names)}


async def _count(connection: AsyncConnection[Any], kept: Kept, values: Mapping[str, Any]) -> Counter[str]:
    counts: Counter[str] = Counter()
    row = await (await connection.execute(_QUERIES["count_expired"], values)).fetchone()
    counts[MESSAGE] = int(row[0]) if row else 0
    if counts[MESSAGE]:
        for store in BY_MESSAGE:
            counts[store.table] += await statements.count(connection, statements.count_of_messages(store), values)
    for store in BY_TIME:
        if await statements.exists(connection, store):
            own = {**values, "cutoff": _cutoff_of(store, kept)}
            counts[store.table] += await statements.count(connection, statements.count_older(store), own)
    row = await (await connection.execute(_QUERIES["count_raw"], {**values, "cutoff": kept.raw_cutoff})).fetchone()
    counts[RAW] = int(row[0]) if row else 0
    return counts


def _cutoff_of(store: Store, kept: Kept) -> datetime:
    days = store.days if store.days is not None else (kept.retention_days or 0)
    return kept.now - timedelta(days=days)


async def _freeze(pool: AsyncPool, values: Mapping[str, Any]) -> int:
    """Keep the figures of the days that lose messages: n >= 5 as they are, smaller ones not at all."""
    async with pool.connection() as connection, connection.transaction():
        days: list[date] = await _column(connection, "expiring_days", values)
        if not days:
            return 0
        frozen = {"tenant_id": values["tenant_id"], "days": days, "least": LEAST_PEOPLE}
        for store in FROZEN:
            if await statements.exists(connection, store):
                await connection.execute(statements.freeze(store), frozen)
                if store.frozen_by:
                    await connection.execute(statements.drop_thin(store), frozen)
        return len(days)


async def _remember_first_seen(pool: AsyncPool, values: Mapping[str, Any]) -> None:
    """Keep the day on which each contact first wrote: who comes back after its messages are gone is not new."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(_QUERIES["remember_first_seen"], values)


async def _delete_messages(pool: AsyncPool, values: Mapping[str, Any], counts: Counter[str]) -> None:
    while True:
        async with pool.connection() as connection, connection.transaction():
            rows = await (await connection.execute(_QUERIES["expired_messages"], values)).fetchall()
            await delete_messages(connection, values["tenant_id"], [Doomed(*row) for row in rows], counts)
        if len(rows) < values["batch"]:
            return


async def _delete_by_time(pool: AsyncPool, kept: Kept, values: Mapping[str, Any], counts: Counter[str]) -> None:
    for store in BY_TIME:
        own = {**values, "cutoff": _cutoff_of(store, kept)}
        async with pool.connection() as connection:
            is_there = await statements.exists(connection, store)
        if is_there:
            counts[store.table] += await _in_batches(pool, statements.delete_older(store), own)
    counts["app.message_event"] += await _in_batches(pool, _QUERIES["delete_lone_events"], values)
    raw = {**values, "cutoff": kept.raw_cutoff}
    counts[RAW] += await _in_batches(pool, _QUERIES["delete_raw"], raw)


async def _in_batches(pool: AsyncPool, statement: Any, values: Mapping[str, Any]) -> int:
    total = 0
    while True:
        async with pool.connection() as connection, connection.transaction():
            gone = await statements.run(connection, statement, values)
        total += gone
        if gone < values["batch"]:
            return total


async def _delete_lone_people(pool: AsyncPool, values: Mapping[str, Any], counts: Counter[str]) -> None:
    while True:
        async with pool.connection() as connection, connection.transaction():
            ids: list[UUID] = await _column(connection, "lone_identities", values)
            await delete_identities(connection, values["tenant_id"], ids, counts)
        if len(ids) < values["batch"]:
            return


async def _column(connection: AsyncConnection[Any], query: str, values: Mapping[str, Any]) -> list[Any]:
    return [row[0] for row in await (await connection.execute(_QUERIES[query], values)).fetchall()]


async def _write_down(pool: AsyncPool, kept: Kept, result: TenantRetention) -> None:
    values = {
        "tenant_id": kept.tenant_id,
        "id": new_id(),
        "cutoff": result.cutoff,
        "outcome": result.outcome,
        "counts": Jsonb({table: rows for table, rows in sorted(result.counts.items()) if rows}),
        "frozen_days": result.frozen_days,
        "started_at": kept.now,
    }
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(_QUERIES["add_run"], values)


async def late_tenants(connection: AsyncConnection[Any], now: datetime) -> list[tuple[UUID, datetime]]:
    """Companies that keep a message more than a day longer than promised, with the time of the oldest one."""
    rows = await (await connection.execute(_QUERIES["late_tenants"], {"now": now})).fetchall()
    return [(row[0], row[1]) for row in rows]


async def unknown_plans(connection: AsyncConnection[Any]) -> list[UUID]:
    """Companies whose plan is unknown: retention deletes nothing of theirs."""
    return await _column(connection, "unknown_plans", {})
