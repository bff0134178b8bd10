"""The whole stack under load while its parts are killed: Dagster's run, its daemon, the AI backend, Postgres.

Fifty kills take a quarter of an hour, so only `make faults` runs them; what a dead drain leaves is tested with drain
processes in test_drain_kill.py. Each part gets time to come back: a supervisor gives up on what dies at once, again and
again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
import pytest

from evosense.db.ids import new_id
from tests.bench.drain import INSERT, environment
from tests.bench.figures import Figure, write
from tests.faults.endings import MortalBackend, endings
from tests.running_demo import RunningDemo, running_demo

FULL = os.environ.get("EVOSENSE_PROFILE") == "full"
KILLS = int(os.environ.get("EVOSENSE_KILLS", "50"))
RATE = 10
VICTIMS = ("run", "daemon", "backend", "postgres")
pytestmark = [pytest.mark.faults, pytest.mark.skipif(not FULL, reason="a quarter of an hour: make faults")]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own folder: as root the database's user could not enter it."""
    path = Path(tempfile.mkdtemp(prefix="evosense-faults-"))
    yield path
    shutil.rmtree(path)


def is_run(words: str) -> bool:
    return "spawn_main" in words


def is_daemon(words: str) -> bool:
    return "dagster-daemon" in words


def is_postmaster(words: str) -> bool:
    return "postgres" in words and " -D" in words


IS_VICTIM: dict[str, Callable[[str], bool]] = {"run": is_run, "daemon": is_daemon, "postgres": is_postmaster}


def kill(demo: RunningDemo, name: str) -> bool:
    """Kill the newest process of a kind; whether there was one."""
    for process in reversed(demo.processes()):
        with contextlib.suppress(psutil.NoSuchProcess):  # Postgres's own children come and go
            if IS_VICTIM[name](" ".join(process.cmdline())):
                process.kill()
                return True
    return False


async def feed(url: str, tenant_id: UUID, stop: asyncio.Event) -> int:
    """Store messages at a steady rate, each once, however often the database goes away; answers how many."""
    count = 0
    message_id = new_id()
    while not stop.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(url) as connection:
                while not stop.is_set():
                    with contextlib.suppress(psycopg.errors.UniqueViolation):  # it was committed after all
                        async with connection.transaction():
                            await connection.execute(INSERT.encode(), {"tenant": tenant_id, "id": message_id})
                            await connection.execute("select pg_notify('evosense_ai_task', 'score')")
                    count += 1
                    message_id = new_id()
                    await asyncio.sleep(1 / RATE)
        except psycopg.OperationalError:
            await asyncio.sleep(0.3)
    return count


async def test_every_message_ends_once(folder: Path) -> None:
    rng = random.Random(20261130)
    backend = MortalBackend(latency_ms=150)
    settings = {"AI_PROVIDER": "ollama", "AI_BASE_URL": backend.url, "AI_MODEL": "qwen-test", "AI_SLOTS": "8"}
    killed = dict.fromkeys(VICTIMS, 0)
    try:
        with environment(**settings), running_demo(folder, "--rate", "0", "--history-days", "1") as demo:
            url = str(demo.info["database_url"])
            tenant_id = UUID(str(demo.user("loja-aurora")["tenant_id"]))
            await asyncio.to_thread(
                demo.wait_for, "select count(*) from pg_stat_activity where application_name like 'evosense drain %'"
            )
            stop = asyncio.Event()
            feeding = asyncio.create_task(feed(url, tenant_id, stop))
            for number in range(KILLS):
                await asyncio.sleep(rng.uniform(9, 14))
                name = VICTIMS[number % len(VICTIMS)]
                if name == "backend":
                    await backend.kill(away_seconds=rng.uniform(0.5, 3))
                    killed[name] += 1
                else:
                    killed[name] += await asyncio.to_thread(kill, demo, name)
            stop.set()
            fed = await feeding
            found = await endings(url, at_least=fed, seconds=300)
    finally:
        backend.end()
    figures = [
        Figure("faults.drain_kills", sum(killed.values()), "kills", "higher", KILLS, "asked for", dict(killed)),
        Figure("faults.drain_lost", found.lost + found.waiting, "messages", "lower", 0, "eligible messages"),
        Figure("faults.drain_twice", found.twice, "messages", "lower", 0, "scores beside a recorded reason"),
    ]
    write(Path(".evosense/faults-drain.json"), figures)
    assert found.messages >= fed > 0
    assert found.is_sound, found
    assert sum(killed.values()) >= KILLS - len(VICTIMS), killed
    assert min(killed.values()) > 0, killed
