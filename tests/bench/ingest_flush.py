"""Full batches through the inbox, beside binary COPY of the same rows into the same tables, and the seeds' design.

The seeds' listener stored one row of one table in each commit (`seed_listener.py`); a flush of ours writes about seven
rows of twelve tables for a message. Rows are what is compared, `messages_per_s` is told as well.
"""

from __future__ import annotations

import asyncio
import statistics
import time
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
from tests.bench.fsync_probe import FsyncProbe
from tests.bench.ingest_floor import milliseconds
from tests.bench.ingest_rows import TABLES, Rows, name_of, pipe, rows_of
from tests.bench.ingest_world import SECRET_KEY, IngestWorld
from tests.bench.seed_listener import SaidTo, rows_per_second

BATCH = 2_000
# What the events stand on, taken over into every copy of the database.
_GROUND = ("app.tenant", "app.tenant_key", "app.connection", "app.live_cursor")
_SINGLE_ROWS = 1_000  # enough that a disk's write cache can't take them all: 240 ran at 400 to 3,000 a second


@dataclass(frozen=True)
class FlushRatios:
    """Shares of COPY's speed, and times the speed of the seeds' design, both in rows; medians over rounds.

    `seed_limit` is how many times the seeds' speed raw COPY of the same rows has: a listener can't reach more.
    `least_ms` and `least_fsyncs` are how soon one message's rows alone can be durable: no listener's latency is less.
    """

    copy: float
    seed: float
    seed_limit: float
    least_ms: float
    least_fsyncs: float
    details: dict[str, Any] = field(default_factory=dict)


def flush_ratios(world: IngestWorld, *, rounds: int) -> FlushRatios:
    """Each round stores one full batch of what the world heard, then its rows by COPY, then some as the seeds did."""
    copies, seeds, limits, rates, least = [], [], [], [], []
    for number in range(rounds):
        with world.template.clone() as ours, world.template.clone() as copied, world.template.clone() as single:
            for url in (ours, copied, single):
                _take_over(world.url, url)
            stored_s = asyncio.run(_store(world.url, ours, number))
            rows = rows_of(ours)
            count = sum(len(part.rows) for part in rows.values())
            messages = len(rows["app.message"].rows)
            copied_s = _copy(ours, copied)
            seed_rate = rows_per_second(single, _said(ours))
            least.append(_least(world, ours, rows))
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
    least_ms, least_fsyncs = map(statistics.median, zip(*least, strict=True))
    return FlushRatios(copy, seed, limit, least_ms, least_fsyncs, {"rounds": rates})


def _least(world: IngestWorld, source: str, rows: dict[str, Rows]) -> tuple[float, float]:
    """How soon one message's rows are durable, in milliseconds and in fsyncs of the same seconds."""
    with world.template.clone() as target:
        _take_over(world.url, target)
        probe = FsyncProbe(str(world.folder))
        probe.start()
        least_ms = milliseconds(source, target, rows)
        return least_ms, least_ms / probe.stop()


def _take_over(source: str, target: str) -> None:
    """The tenants with their keys and connections."""
    with psycopg.connect(source) as one, psycopg.connect(target) as other:
        for table in _GROUND:
            other.execute(sql.SQL("delete from {}").format(name_of(table)))
            pipe(one, other, table)


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
                await connection.execute(sql.SQL("delete from {}").format(name_of(table)))
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


def _copy(source: str, target: str) -> float:
    """Seconds for binary COPY of all rows, in one transaction."""
    with psycopg.connect(source) as one, psycopg.connect(target) as other:
        started = time.perf_counter()
        for table in TABLES:
            pipe(one, other, table)
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
