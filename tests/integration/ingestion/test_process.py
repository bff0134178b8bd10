"""`python -m ingestion` as a process of its own: killed in the middle of traffic, stopped gracefully, misconfigured."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson

from evosense.testing.evolution.server import EvolutionStandIn
from tests.conftest import SECRET_KEY
from tests.integration.ingestion.conftest import Rows, draft


@asynccontextmanager
async def process(database_url: str, **changes: str) -> AsyncGenerator[tuple[Process, dict[str, Any]]]:
    """The listener's process once it has started, with what it logged then."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "EVO_ALLOWED_NETWORKS": "127.0.0.0/8",
        **changes,
    }
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "ingestion", env=environment, stderr=PIPE)
    assert child.stderr is not None
    try:
        async with asyncio.timeout(30):
            while True:
                line = await child.stderr.readline()
                assert line, "the listener ended"
                logged = orjson.loads(line) if line.startswith(b"{") else {}
                if logged.get("event") == "listener_started":
                    break
        drained = asyncio.create_task(child.stderr.read())
        yield child, logged
        await drained
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def test_killed_in_the_middle_of_traffic_it_loses_and_doubles_nothing(
    evolution: EvolutionStandIn, connect_instance: Callable[..., Any], database_url: str, rows: Rows
) -> None:
    await connect_instance()
    sent: set[str] = set()

    async def traffic() -> None:
        while True:
            name = f"M{len(sent)}"
            evolution.deliver("loja-a", [draft(name)])
            sent.add(name)
            await asyncio.sleep(0.01)

    async with process(database_url) as (child, _):
        await rows.live()
        sending = asyncio.create_task(traffic())
        await rows.until("select count(*) from app.message", lambda found: found[0][0] > 30)
        child.kill()
        await child.wait()
    async with process(database_url) as (child, _):
        await rows.until(
            "select count(*) from app.ingestion_gap where state = 'repaired'", lambda found: found[0][0] == 2
        )
        sending.cancel()
        await rows.ids(sent)
        child.send_signal(signal.SIGTERM)
        assert await child.wait() == 0
    assert rows.all("select count(*) from app.message") == [(len(sent),)]
    assert rows.all("select 1 from app.connection_lease") == []


async def test_a_wrong_setting_is_one_sentence(database_url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": database_url, "SECRET_KEY": "short"}
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "ingestion", env=environment, stderr=PIPE)
    _, errors = await child.communicate()
    assert child.returncode == 2
    assert errors.decode().startswith("SECRET_KEY must have 32 characters or more")
    assert "Traceback" not in errors.decode()
