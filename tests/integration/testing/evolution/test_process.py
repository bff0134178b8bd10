"""The server as a process: started by its command line, killed, started again on what it stored."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.integration.testing.evolution.conftest import CAPTURES, KEY, plain_client

COMMAND = (
    sys.executable,
    "-m",
    "evosense.testing.evolution",
    "--global-key",
    KEY,
    "--rate",
    "0",
    "--history-days",
    "0",
)


@asynccontextmanager
async def running(*options: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(*COMMAND, *options, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
        assert ready["pid"] == process.pid
        yield process, ready["url"]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def admin(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers={"apikey": KEY}, timeout=30)


async def test_a_killed_server_keeps_its_database_and_loses_its_namespaces(tmp_path: Path) -> None:
    options = ("--state-dir", str(tmp_path), "--instance", "loja=token-loja:loja_roupas", "--captures", str(CAPTURES))
    async with running(*options) as (process, url), admin(url) as http, plain_client(url) as client:
        await client.join("/loja")
        chosen = {"websocket": {"enabled": True, "events": ["MESSAGES_UPSERT", "SEND_MESSAGE"]}}
        await http.post("/websocket/set/loja", json=chosen)
        replayed = await http.post("/_standin/replay", json={"names": ["connection_update", "upsert_conversation"]})
        assert "upsert_audio_ptt" in replayed.json()["captures"]
        burst = await http.post("/_standin/burst", json={"instances": ["loja"], "count": 200})
        assert burst.json() == {"sent": 200}
        before = (await http.get("/_standin/messages/loja")).json()["messages"]
        assert len(before) == 200
        process.send_signal(signal.SIGKILL)
        await client.until_closed()
    async with running(*options) as (process, url), admin(url) as http:
        assert (await http.get("/_standin/messages/loja")).json()["messages"] == before
        found = await http.post("/chat/findMessages/loja", json={"offset": 1000})
        assert found.json()["messages"]["total"] == 200
        again = await http.post("/_standin/burst", json={"instances": ["loja"], "count": 50})
        assert again.json() == {"sent": 50}
        after = (await http.get("/_standin/messages/loja")).json()["messages"]
        assert len({row[1] for row in after}) == 250
        assert len((await http.get("/websocket/find/loja")).json()["events"]) == 2
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0
