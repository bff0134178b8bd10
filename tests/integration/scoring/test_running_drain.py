"""A drain that keeps running: how quick it is, and what it survives."""

import asyncio
import sys
import time

import psycopg

from evosense.ai.protocols import CallFailure, ScoringAnswer
from evosense.db.database import connect
from tests.integration.scoring.scorers import GOOD, Scripted


async def test_a_warm_drain_reacts_within_a_blink(drain, inbox, tenant_id, database_url):
    stop = asyncio.Event()
    hearing = await connect(database_url, "evosense_api")
    await hearing.execute("listen evosense_live")
    running = asyncio.create_task(drain(tick_seconds=30).run(stop))
    lags = []
    for number in range(12):
        started = time.perf_counter()
        await inbox.receive(tenant_id, f"adorei {number}")
        [_] = [n async for n in hearing.notifies(timeout=10, stop_after=1)]
        lags.append(time.perf_counter() - started)
    stop.set()
    await asyncio.wait_for(running, 5)
    await hearing.close()
    # The first one waits for the models to load; a tick of 30 s shows that it was told, not that it looked.
    assert sorted(lags[1:])[len(lags) // 2] < 0.5


async def test_a_retry_comes_by_itself(drain, inbox, tenant_id):
    answers = [CallFailure("timeout"), ScoringAnswer(GOOD)]
    scorer = Scripted(lambda _request: answers.pop(0))
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    stop = asyncio.Event()
    heard: list = []

    def report(done) -> None:
        heard.extend(d.status for d in done)
        if "ok" in heard:
            stop.set()

    one = drain(scorer, tick_seconds=30)
    one._report = report
    await asyncio.wait_for(one.run(stop), 10)
    assert heard == ["retried", "ok"]


_VICTIM = """
import asyncio, sys, time
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.db.database import open_pool
from evosense.scoring.drain import Drain, DrainOptions

class Stuck(EmbeddedScorer):
    async def score(self, batch):
        print("asked", flush=True)
        await asyncio.sleep(3600)

async def main(url):
    async with open_pool(url, "evosense_pipeline") as pool:
        await Drain(url, pool, Stuck(), EmbeddedEmbedder(), options=DrainOptions(lease_seconds=1)).run(asyncio.Event())

asyncio.run(main(sys.argv[1]))
"""


async def test_a_killed_drain_loses_nothing(drain, inbox, tenant_id, database_url):
    message_id = await inbox.receive(tenant_id, "adorei", kinds=("score",))
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _VICTIM, database_url, stdout=asyncio.subprocess.PIPE
    )
    assert await victim.stdout.readline() == b"asked\n"
    victim.kill()
    await victim.wait()
    stop = asyncio.Event()
    heard: list = []

    def report(done) -> None:
        heard.extend(done)
        stop.set()

    survivor = drain(tick_seconds=0.2)
    survivor._report = report
    await asyncio.wait_for(survivor.run(stop), 15)
    assert await inbox.rows("select message_id from app.message_score") == [(message_id,)]
    assert await inbox.rows("select attempts from app.inference") == [(1,)]  # a death is no failed call


async def test_the_database_may_restart_under_a_running_drain(drain, inbox, tenant_id, database_url):
    stop, scored = asyncio.Event(), asyncio.Event()
    one = drain(tick_seconds=0.2)
    one._report = lambda done: scored.set() if any(d.kind == "score" and d.status == "ok" for d in done) else None
    running = asyncio.create_task(one.run(stop))
    await inbox.receive(tenant_id, "um")
    await asyncio.wait_for(scored.wait(), 10)
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    scored.clear()
    message_id = None
    while message_id is None:
        try:
            message_id = await inbox.receive(tenant_id, "dois")
        except psycopg.OperationalError:
            continue  # the pool hands out dead connections first
    await asyncio.wait_for(scored.wait(), 20)
    assert await inbox.rows("select 1 from app.message_score where message_id = %s", message_id) == [(1,)]
    stop.set()
    await asyncio.wait_for(running, 10)
