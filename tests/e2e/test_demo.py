"""The demo as a stranger meets it: one command, KPIs, live scores, a killed part, a clean end, the data kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from evosense.db.embedded.postmaster import is_alive
from tests.running_demo import RunningDemo, running_demo


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own folder: as root the database's user could not enter it."""
    path = Path(tempfile.mkdtemp(prefix="evosense-demo-"))
    yield path
    shutil.rmtree(path)


def kpis(demo: RunningDemo) -> dict[str, Any]:
    user = demo.user("loja-aurora")
    with contextlib.closing(demo.login(user)) as client:
        return client.get(f"/api/tenants/{user['tenant_id']}/metrics").raise_for_status().json()


def dagster_answers(demo: RunningDemo) -> bool:
    return httpx.get(f"{demo.info['dagster_url']}/server_info").status_code == httpx.codes.OK


async def next_scored(demo: RunningDemo) -> dict[str, Any]:
    """The next message that is announced as analysed."""
    async with asyncio.timeout(90), demo.live(demo.user("loja-aurora")) as socket:
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "message_analyzed":
                return frame
    raise AssertionError("the socket ended")


def until_printed(demo: RunningDemo, sign: str) -> None:
    while sign not in demo.log:
        assert demo.process.poll() is None, demo.log


async def test_the_demo(folder: Path) -> None:
    file = folder / "data" / "demo.json"
    with running_demo(folder, "--history-days", "2", "--rate", "4") as demo:
        assert file.stat().st_mode & 0o777 == 0o600
        assert set(demo.info) == {"api_url", "dagster_url", "evolution_url", "database_url", "users"}
        assert dagster_answers(demo)
        frame = await next_scored(demo)
        assert frame["v"] == 1
        assert -1 <= frame["payload"]["sentiment"] <= 1
        assert kpis(demo)["scored"] > 0

        next(process for process in demo.processes() if process.cmdline()[-1:] == ["ingestion"]).kill()
        await asyncio.to_thread(until_printed, demo, "listener: ended (signal SIGKILL)")
        assert (await next_scored(demo))["seq"] > frame["seq"]
        everything = demo.processes()
        total = kpis(demo)["total_messages"]
    assert demo.process.returncode == 0, demo.log
    assert "EvoSense has stopped; the data is kept" in demo.log
    assert not file.exists()
    assert [process for process in everything if alive(process)] == []

    with running_demo(folder, "--no-dagster", "--rate", "0") as demo:
        assert kpis(demo)["total_messages"] >= total


def alive(process: psutil.Process) -> bool:
    return process.is_running() and is_alive(process.pid)
