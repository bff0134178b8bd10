"""The embedded server under the supervisor: killed, it comes back, and clients find it at the same URL."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from evosense.db.embedded import EmbeddedPostgres
from evosense.stack.parts import PostgresService
from evosense.stack.progress import PlainReporter
from evosense.stack.restarts import RestartPolicy
from evosense.stack.supervisor import Supervisor


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="evosense-service-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "pg", durable=False)
    yield server
    server.destroy()
    shutil.rmtree(folder)


async def test_a_killed_postgres_comes_back(server: EmbeddedPostgres) -> None:
    lines: list[str] = []
    twice = asyncio.Event()

    def write(text: str) -> None:
        lines.append(text)
        if sum("ready" in line for line in lines) == 2:
            twice.set()

    policy = RestartPolicy(first_seconds=0.01)
    supervisor = Supervisor([PostgresService(server)], PlainReporter(write), policy=policy)
    run = asyncio.create_task(supervisor.run())
    await supervisor.wait_ready()
    first = server.status.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(30):
        await twice.wait()
    assert server.status.pid not in (None, first)
    async with await psycopg.AsyncConnection.connect(server.url()) as connection:
        assert await (await connection.execute("select 1")).fetchone() == (1,)
    assert any("postgres: ended (its process is gone)" in line for line in lines)
    supervisor.request_stop()
    await run
    assert not server.status.running
