"""The drain with a slow backend: how soon a score is announced through Dagster, and how busy a replay keeps it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from evosense.ai.backend_spec import BackendSpec
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.factory import build_scorer
from evosense.ai.fleet import Fleet
from evosense.ai.lane import Lane
from evosense.db.ids import new_id
from evosense.prompts.registry import ensure_default
from evosense.scoring.drain import Drain
from evosense.scoring.event_loop import new_loop
from tests.bench.ai_world import standin, world
from tests.bench.figures import Context, Figure, percentile
from tests.running_demo import RunningDemo, running_demo

LOOP = new_loop
_SLOTS, _LATENCY_MS = 64, 50.0
_RATE, _SLOW_MS = 50, 300.0
INSERT = """
with message as (
    insert into app.message (
        tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, chat_kind, type, sent_at,
        sent_at_source, received_at
    )
    select %(tenant)s, %(id)s, i.connection_id, %(id)s::text, false, 'in', i.id, 'individual', 'text', now(), 'live',
    now()
    from app.identity as i where i.tenant_id = %(tenant)s order by md5(i.id::text || %(id)s::text) limit 1
    returning chat_identity_id
),
body as (
    insert into app.message_body (tenant_id, message_id, text, redaction_version)
    values (%(tenant)s, %(id)s, 'o pedido chegou atrasado e ninguem avisou', 1)
)
insert into app.ai_task (tenant_id, id, kind, message_id, shard)
select %(tenant)s, gen_random_uuid(), 'score', %(id)s, (get_byte(uuid_send(m.chat_identity_id), 15) & 63)::smallint
from message as m
"""


async def run(context: Context) -> list[Figure]:
    """Figures drain.p50_s, drain.p95_s and drain.backend_busy."""
    busy = await _busy(context)
    latencies = await _announced(context)
    peer = "the clock: committed until its live event is heard, backend of 300 ms included"
    details = {"messages": len(latencies), "rate_per_s": _RATE}
    return [
        Figure("drain.p50_s", percentile(latencies, 0.50), "s", "lower", 1.3, peer, details),
        Figure("drain.p95_s", percentile(latencies, 0.95), "s", "lower", 2.8, peer, details),
        busy,
    ]


async def _busy(context: Context) -> Figure:
    count = 100_000 if context.is_full else 12_000
    async with world(context.folder) as here:
        async with here.pool.connection() as connection:
            champion = await ensure_default(connection)
        with standin(latency_ms=_LATENCY_MS) as server:
            spec = BackendSpec("bench", "ollama", server.url, "qwen-test", slots=_SLOTS, timeout_seconds=10)
            lane = Lane(build_scorer(spec))
            await lane.identify()
            context.progress(f"a replay of {count} messages is prepared")
            config_hash = lane.config.config_hash
            await here.fill(count, purpose="replay", lane=4, prompt_hash=champion, config_hash=config_hash)
            fleet = Fleet([lane])
            drain = Drain(here.url, here.pool, fleet, EmbeddedEmbedder())
            await drain.prepare()
            context.progress(f"a replay of {count} messages")
            started = time.perf_counter()
            await drain.run_once(("score",))
            seconds = time.perf_counter() - started
            stats = await asyncio.to_thread(server.stats)
            await fleet.close()
            async with here.pool.connection() as connection:
                row = await (await connection.execute("select count(*) from app.inference")).fetchone()
    assert row is not None
    assert row[0] == count, row
    details = {"messages": count, "per_second": round(count / seconds), "most_running": stats["most_running"]}
    share = stats["busy_seconds"] / (_SLOTS * seconds)
    return Figure("drain.backend_busy", share, "of the slots' time", "higher", 0.9, "64 slots at 50 ms", details)


@contextmanager
def environment(**values: str) -> Generator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


async def _announced(context: Context) -> list[float]:
    """Seconds from a message's commit to its score's announcement, for messages at a steady rate."""
    seconds = 60 if context.is_full else 20
    with (
        standin(latency_ms=_SLOW_MS) as server,
        environment(AI_PROVIDER="ollama", AI_BASE_URL=server.url, AI_MODEL="qwen-test", AI_SLOTS=str(_SLOTS)),
        running_demo(context.folder / "demo", "--rate", "0", "--history-days", "1") as demo,
    ):
        context.progress("the demo runs; waiting for the drain")
        await asyncio.to_thread(
            demo.wait_for, "select count(*) from pg_stat_activity where application_name like 'evosense drain %'"
        )
        await asyncio.to_thread(demo.wait_for, "select 1 - least(1, count(*)) from app.ai_task")
        tenant_id = UUID(str(demo.user("loja-aurora")["tenant_id"]))
        await _feed_and_hear(demo, tenant_id, 2 * _RATE)  # finds the drain warm
        context.progress(f"{_RATE * seconds} messages at {_RATE}/s")
        return await _feed_and_hear(demo, tenant_id, _RATE * seconds)


async def _feed_and_hear(demo: RunningDemo, tenant_id: UUID, count: int) -> list[float]:
    sent: dict[str, float] = {}
    heard: dict[str, float] = {}
    url = str(demo.info["database_url"])
    async with (
        await psycopg.AsyncConnection.connect(url, autocommit=True) as feeding,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as hearing,
    ):
        await hearing.execute("listen evosense_live")
        listening = asyncio.create_task(_hear(hearing, url, tenant_id, heard, count))
        begun = time.perf_counter()
        for number in range(count):
            await asyncio.sleep(max(0.0, begun + number / _RATE - time.perf_counter()))
            message_id = new_id()
            async with feeding.transaction():
                await feeding.execute(INSERT.encode(), {"tenant": tenant_id, "id": message_id})
                await feeding.execute("select pg_notify('evosense_ai_task', 'score')")
            sent[str(message_id)] = time.perf_counter()
        await asyncio.wait_for(listening, 60)
    return [heard[message] - at for message, at in sent.items()]


async def _hear(
    connection: psycopg.AsyncConnection[Any], url: str, tenant_id: UUID, heard: dict[str, float], count: int
) -> None:
    """Note when each message's score was announced."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as reading:
        row = await (
            await reading.execute("select coalesce(max(seq), 0) from app.live_event where tenant_id = %s", (tenant_id,))
        ).fetchone()
        since = int(row[0]) if row else 0
        async for _notice in connection.notifies():
            at = time.perf_counter()
            events = await reading.execute(
                "select seq, payload ->> 'message_id' from app.live_event"
                " where tenant_id = %s and seq > %s and type = 'message_analyzed' order by seq",
                (tenant_id, since),
            )
            for seq, message_id in await events.fetchall():
                since = max(since, int(seq))
                heard.setdefault(message_id, at)
            if len(heard) >= count:
                return
