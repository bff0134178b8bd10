"""Full batches through the inbox, beside binary COPY of the same rows into the same tables, and the seeds' design.

The seeds' listener stored one row of one table in each commit (`seed_listener.py`); a flush of ours writes about seven
rows of twelve tables for a message. Rows are what is compared, `messages_per_s` is told as well.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from evosense.connections.repository import listening_to
from evosense.db.database import AsyncPool, open_pool
from evosense.evolution.events import decode_envelope
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard
from evosense.messages.raw_events import unseal
from evosense.messages.recipients import recipient_of
from evosense.tenants.keys import MasterKey, TenantKeys
from evosense.tenants.repository import open_keys
from tests.bench.ingest_world import SECRET_KEY, IngestWorld
from tests.bench.seed_listener import SaidTo, rows_per_second

BATCH = 2_000
# What a flush writes; in the order in which references allow it.
TABLES = (
    "raw.evolution_event", "app.identity", "app.contact", "app.chat", "app.identity_link", "app.message",
    "app.message_body", "app.media_ref", "app.message_origin", "app.ai_task", "app.dirty", "app.live_event",
)  # fmt: skip
# What the events stand on, taken over into every copy of the database.
_GROUND = ("app.tenant", "app.tenant_key", "app.connection", "app.live_cursor")
_SINGLE_ROWS = 1_000  # enough that a disk's write cache can't take them all: 240 ran at 400 to 3,000 a second


@dataclass(frozen=True)
class FlushRatios:
    """Shares of COPY's speed, and times the speed of the seeds' design, both in rows; medians over rounds.

    `seed_limit` is how many times the seeds' speed raw COPY of the same rows has: a listener can't reach more.
    """

    copy: float
    seed: float
    seed_limit: float
    details: dict[str, Any] = field(default_factory=dict)


def flush_ratios(world: IngestWorld, *, rounds: int) -> FlushRatios:
    """Each round stores one full batch of what the world heard, then its rows by COPY, then some as the seeds did."""
    copies, seeds, limits, rates = [], [], [], []
    for number in range(rounds):
        with world.template.clone() as ours, world.template.clone() as copied, world.template.clone() as single:
            for url in (ours, copied, single):
                _take_over(world.url, url)
            stored_s = asyncio.run(_store(world.url, ours, number))
            rows = _rows(ours)
            count = sum(len(part.rows) for part in rows.values())
            messages = len(rows["app.message"].rows)
            copied_s = _copy(ours, copied)
            seed_rate = rows_per_second(single, _said(ours))
        copies.append(copied_s / stored_s)
        seeds.append(count / stored_s / seed_rate)
        limits.append(count / copied_s / seed_rate)
        rates.append(
            {
                "rows": count,
                "rows_per_s": round(count / stored_s),
                "messages_per_s": round(messages / stored_s),
                "copied_rows_per_s": round(count / copied_s),
                "seed_rows_per_s": round(seed_rate),
            }
        )
    copy, seed, limit = map(statistics.median, (copies, seeds, limits))
    return FlushRatios(copy, seed, limit, {"rounds": rates})


def _take_over(source: str, target: str) -> None:
    """The tenants with their keys and connections."""
    with psycopg.connect(source) as one, psycopg.connect(target) as other:
        for table in _GROUND:
            other.execute(sql.SQL("delete from {}").format(_name(table)))
            _pipe(one, other, table)


def _pipe(one: psycopg.Connection, other: psycopg.Connection, table: str) -> None:
    """All rows of a table, columns that are computed left out."""
    columns = sql.SQL(", ").join(map(sql.Identifier, _columns(one, table)))
    out = sql.SQL("copy (select {} from {}) to stdout (format binary)").format(columns, _name(table))
    into = sql.SQL("copy {} ({}) from stdin (format binary)").format(_name(table), columns)
    with one.cursor().copy(out) as source, other.cursor().copy(into) as target:
        for block in source:
            target.write(block)


async def _store(source: str, target: str, number: int) -> float:
    """Seconds that the inbox takes for one full batch, people and chats being known from an earlier one."""
    async with (
        open_pool(source, "evosense_pipeline", max_size=1) as heard_of,
        open_pool(target, "evosense_pipeline", max_size=2) as pool,
    ):
        batches = [await _heard(heard_of, part) for part in (2 * number, 2 * number + 1)]
        inbox = Inbox(pool)
        await inbox.store(batches[0])
        async with pool.connection() as connection:
            for table in TABLES[5:]:
                await connection.execute(sql.SQL("delete from {}").format(_name(table)))
            await connection.execute("delete from raw.evolution_event")
        started = time.perf_counter()
        stored = await inbox.store(batches[1])
        seconds = time.perf_counter() - started
        if stored.messages < BATCH * 0.9:
            message = f"only {stored.messages} messages in a batch of {BATCH}"
            raise RuntimeError(message)
        return seconds


async def _heard(pool: AsyncPool, part: int) -> list[Heard]:
    """A full batch of messages.upsert as the world heard them, decoded again."""
    query = (
        "select tenant_id, connection_id, id, payload, received_at from raw.evolution_event"
        " where event = 'messages.upsert' order by tenant_id, id offset %s limit %s"
    )
    async with pool.connection() as connection:
        rows = await (await connection.execute(query, [part * BATCH, BATCH])).fetchall()
        keys: dict[UUID, TenantKeys] = {}
        recipients: dict[UUID, Any] = {}
        for tenant_id, connection_id, *_ in rows:
            if tenant_id not in keys:
                keys[tenant_id] = await open_keys(connection, MasterKey.from_secret(SECRET_KEY), tenant_id)
            if connection_id not in recipients:
                found = await listening_to(connection, connection_id)
                recipients[connection_id] = recipient_of(found, keys[tenant_id])
    return [
        Heard(
            recipients[where],
            "socketio",
            decode_envelope(unseal(keys[tenant_id], raw_id, payload), received_at=received_at),
        )
        for tenant_id, where, raw_id, payload, received_at in rows
    ]


@dataclass
class Rows:
    """Rows of a table with the columns they have."""

    columns: list[str]
    rows: Sequence[tuple[Any, ...]]


def _rows(url: str) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    with psycopg.connect(url) as connection:
        for table in TABLES:
            columns = _columns(connection, table)
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            query = sql.SQL("select {} from {}").format(names, _name(table))
            found[table] = Rows(columns, connection.execute(query).fetchall())
    return found


def _copy(source: str, target: str) -> float:
    """Seconds for binary COPY of all rows, in one transaction."""
    with psycopg.connect(source) as one, psycopg.connect(target) as other:
        started = time.perf_counter()
        for table in TABLES:
            _pipe(one, other, table)
        other.commit()
        return time.perf_counter() - started


def _said(url: str) -> list[SaidTo]:
    """What the seeds would have stored of the batch: tenant, chat and text of messages that have one."""
    query = (
        "select m.tenant_id, m.chat_identity_id, b.text from app.message as m"
        " inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id"
        " where b.text is not null order by m.id limit %s"
    )
    with psycopg.connect(url) as connection:
        return connection.execute(query, [_SINGLE_ROWS]).fetchall()


def _columns(connection: psycopg.Connection, table: str) -> list[str]:
    query = (
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        " and attgenerated = '' and attidentity <> 'a' order by attnum"
    )
    return [row[0] for row in connection.execute(query, [table]).fetchall()]


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
