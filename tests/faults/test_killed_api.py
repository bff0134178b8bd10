"""An API process is killed under load: its clients go on at another one and miss nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from evosense.live.models import NewLiveEvent
from evosense.live.publish import publish
from evosense.tenants.access_tokens import AccessTokens
from evosense.tenants.repository import add_user

SECRET_KEY = "a secret key that only tests know, 32+ chars"
ROOT = Path(__file__).resolve().parents[2]
FULL = os.environ.get("EVOSENSE_PROFILE") == "full"
EVENTS, CLIENTS, KILLS = (3_000, 40, 6) if FULL else (400, 12, 1)

pytestmark = pytest.mark.faults


class Process:
    """An API process; killed and started again on the port that it had."""

    def __init__(self, folder: Path, database_url: str, port: int = 0) -> None:
        settings = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET_KEY, "API_PORT": str(port)}
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | settings
        self._process = subprocess.Popen(
            [sys.executable, "-m", "serving"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            said = json.loads(line)
            if said["event"] == "api_listening":
                self.port: int = said["port"]
                break

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


async def listen(ports: list[int], number: int, tenant_id: UUID, token: str) -> list[int]:
    """Hear all events, changing over to the next process whenever the one at hand is gone."""
    seqs: list[int] = []
    while not seqs or seqs[-1] < EVENTS:
        port = ports[number % len(ports)]
        try:
            async with connect(f"ws://127.0.0.1:{port}/ws/tenant/{tenant_id}/", open_timeout=20) as socket:
                await socket.send(json.dumps({"type": "auth", "token": token, "since": seqs[-1] if seqs else 0}))
                while not seqs or seqs[-1] < EVENTS:
                    frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
                    assert frame["type"] in ("ready", "message_analyzed")
                    if frame["type"] == "message_analyzed":
                        seqs.append(frame["seq"])
        except (ConnectionClosed, InvalidHandshake, OSError):
            number += 1
            await asyncio.sleep(0.05)
    return seqs


async def test_clients_of_a_killed_process_resume_on_another_and_miss_nothing(
    tmp_path, database_url, pipeline_pool, tenant_id
):
    async with pipeline_pool.connection() as connection:
        user_id = await add_user(
            connection, tenant_id=tenant_id, email="ana@x.example", name="Ana", role="admin", password_hash="x"
        )
    token = AccessTokens(SECRET_KEY).issue(user_id=user_id, tenant_id=tenant_id, role="admin")
    async with AsyncExitStack() as stack:
        processes = await asyncio.gather(
            *(asyncio.to_thread(Process, tmp_path, database_url) for _ in range(2)),
        )
        for process in processes:
            stack.callback(process.kill)
        ports = [process.port for process in processes]

        async def emit() -> None:
            for number in range(EVENTS):
                event = NewLiveEvent(tenant_id, "message_analyzed", "messages", {"n": number})
                async with pipeline_pool.connection() as connection:
                    await publish(connection, [event])

        async def kill() -> None:
            for round_ in range(KILLS):
                await asyncio.sleep(0.3)
                victim = round_ % 2
                processes[victim].kill()
                if round_ + 1 < KILLS:
                    processes[victim] = await asyncio.to_thread(Process, tmp_path, database_url, ports[victim])
                    stack.callback(processes[victim].kill)

        heard, *_ = await asyncio.gather(
            asyncio.gather(*(listen(ports, number, tenant_id, token) for number in range(CLIENTS))), emit(), kill()
        )
    assert heard == [list(range(1, EVENTS + 1))] * CLIENTS
