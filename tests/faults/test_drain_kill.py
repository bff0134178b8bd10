"""Drains and their backend killed in the middle of their work: each message ends with one score or one recorded reason.

Two drain processes share a queue in front of a slow backend that fails now and then. In turn a drain is killed, the
backend is killed, a drain again, and every database connection is cut. A short sample runs in `make test`, fifty such
blows in `make faults`; Dagster's run, its daemon and Postgres are killed in test_killed_stack.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest

from tests.faults.endings import MortalBackend, endings
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


@pytest.fixture
def inbox(pipeline_pool):
    return Inbox(pipeline_pool)


async def start(database: str, backend: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DRAIN, database, backend, cwd=Path(__file__).parents[2]
    )


async def test_every_message_ends_once(inbox, tenant_id, database_url):
    rng = random.Random(20261121)
    backend = MortalBackend(latency_ms=40)
    for number in range(MESSAGES):
        await inbox.receive(tenant_id, f"adorei {number}", kinds=("score",), minutes=number / 60)
    drains = [await start(database_url, backend.url) for _ in range(2)]
    try:
        for number in range(KILLS):
            await asyncio.to_thread(fail_now_and_then, backend.url)
            await asyncio.sleep(rng.uniform(0.8, 1.6))
            if number % 4 == 1:
                await backend.kill(away_seconds=rng.uniform(0.1, 1.0))
            elif number % 4 == 3:
                throw_everybody_out(database_url)
            else:
                victim = rng.randrange(len(drains))
                drains[victim].kill()
                await drains[victim].wait()
                drains[victim] = await start(database_url, backend.url)
        found = await endings(database_url, at_least=MESSAGES, seconds=240)
    finally:
        backend.end()
        for drain in drains:
            drain.kill()
            await drain.wait()
    assert found.messages == MESSAGES
    assert found.is_sound, found


def fail_now_and_then(backend: str) -> None:
    """A twentieth of the calls gets a 500 from now on (the backend may have come back since)."""
    script = json.dumps({"share": 0.05, "usual": {"kind": "status", "status": 500}}).encode()
    request = urllib.request.Request(f"{backend}/_standin/script", script, {"content-type": "application/json"})
    urllib.request.urlopen(request, timeout=30).close()


def throw_everybody_out(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and application_name <> 'evosense'"
        )
