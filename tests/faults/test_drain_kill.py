"""Drains killed with SIGKILL in the middle of their work: each message ends with one score or one recorded reason.

Several drain processes share a queue in front of a slow backend that fails now and then. A short sample runs in
`make test`; `make faults` kills fifty times. Killed besides are database connections; a drain run inside Dagster is
killed in test_killed_under_load.py, the backend, Postgres and Dagster's daemon are not.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from pathlib import Path

import psycopg
import pytest

from evosense.testing.ai import AiStandIn, Fault, Script
from tests.integration.scoring.conftest import Inbox

FULL = os.environ.get("EVOSENSE_PROFILE") == "full"
KILLS, MESSAGES = (50, 3000) if FULL else (4, 150)
pytestmark = pytest.mark.faults

_DRAIN = """
import asyncio, sys
from evosense.ai.backend_spec import BackendSpec
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.factory import build_scorer
from evosense.ai.fleet import Fleet
from evosense.ai.lane import Lane
from evosense.db.database import open_pool
from evosense.scoring.drain import Drain, DrainOptions

async def main(database, backend):
    spec = BackendSpec("slow", "ollama", backend, "qwen-test", slots=8, timeout_seconds=2)
    async with open_pool(database, "evosense_pipeline") as pool:
        options = DrainOptions(lease_seconds=1.5, tick_seconds=0.3)
        fleet = Fleet([Lane(build_scorer(spec))])
        await Drain(database, pool, fleet, EmbeddedEmbedder(), options=options).run(asyncio.Event())

asyncio.run(main(*sys.argv[1:]))
"""
_ENDS = """
select
    (select count(*) from app.message) as messages,
    (select count(*) from app.message_score) as scored,
    (select count(*) from app.failed_task where replayed_at is null) as failed,
    (select count(*) from app.ai_task) as waiting,
    (
        select count(*) from app.message as m
        where
            not exists (select 1 from app.message_score as s where s.message_id = m.id)
            and not exists (select 1 from app.failed_task as f where f.subject_id = m.id)
            and not exists (select 1 from app.inference as i where i.message_id = m.id)
    ) as lost,
    (select count(*) from app.message_score as s join app.failed_task as f on f.subject_id = s.message_id) as twice
"""


@pytest.fixture
def inbox(pipeline_pool):
    return Inbox(pipeline_pool)


async def start(database: str, backend: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DRAIN, database, backend, cwd=Path(__file__).parents[2]
    )


async def test_every_message_ends_once(inbox, tenant_id, database_url):
    rng = random.Random(20261121)
    script = Script(latency_ms=40, share=0.05, usual=Fault(status=500))
    async with AiStandIn(script, remembers=False) as backend:
        for number in range(MESSAGES):
            await inbox.receive(tenant_id, f"adorei {number}", kinds=("score",), minutes=number / 60)
        drains = [await start(database_url, backend.url) for _ in range(2)]
        try:
            for number in range(KILLS):
                await asyncio.sleep(rng.uniform(0.8, 1.6))
                if number % 4 == 3:  # the database throws everybody out
                    with psycopg.connect(database_url, autocommit=True) as admin:
                        admin.execute(
                            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                            " and pid <> pg_backend_pid() and application_name <> 'evosense'"
                        )
                    continue
                victim = rng.randrange(len(drains))
                drains[victim].kill()
                await drains[victim].wait()
                drains[victim] = await start(database_url, backend.url)
            found = await until_empty(database_url)
        finally:
            for drain in drains:
                drain.kill()
                await drain.wait()
    messages, scored, failed, waiting, lost, twice = found
    assert (messages, waiting, lost, twice) == (MESSAGES, 0, 0, 0)
    assert scored + failed == MESSAGES


async def until_empty(database_url: str) -> tuple[int, ...]:
    """How the messages ended, when nothing waits any more (or after two minutes)."""
    deadline = time.monotonic() + 120
    while True:
        with psycopg.connect(database_url, autocommit=True) as admin:
            found = admin.execute(_ENDS).fetchone()
        assert found is not None
        if found[3] == 0 or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.5)
