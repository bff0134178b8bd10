"""`evosense demo` as a test or a benchmark starts it: a real process in a folder of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil

_COMMAND = [sys.executable, "-c", "from evosense.cli import main; main()", "demo"]
_START_SECONDS = 300.0
_STOP_SECONDS = 60.0


class DemoStack:
    """All processes of the demo. `folder` must be enterable by other users (the database's), and may be used again.

    Ports are free ones, whatever runs beside it; settings of the environment and a .env file do not reach it.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._output = folder / "output.txt"
        self.started_at = 0.0

    async def __aenter__(self) -> Self:
        folder = self.folder
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
        self.started_at = time.perf_counter()
        with self._output.open("w") as output:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                [*_COMMAND, *self._options],
                cwd=folder,
                env={**kept, "DATA_DIR": str(folder / "data")},
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self.process
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    @property
    def process(self) -> subprocess.Popen[str]:
        """The supervisor."""
        assert self._process is not None, "not started"
        return self._process

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._output.read_text("utf-8")

    @property
    def facts(self) -> dict[str, Any]:
        """demo.json; there as soon as the page works."""
        return json.loads((self.folder / "data" / "demo.json").read_text("utf-8"))

    async def until(self, sign: str) -> float:
        """Wait until it printed `sign`; seconds since its start. AssertionError with its output if it ended instead."""
        async with asyncio.timeout(_START_SECONDS):
            while sign not in self.output:
                assert self.process.poll() is None, self.output
                await asyncio.sleep(0.02)
        return time.perf_counter() - self.started_at

    async def page_is_up(self) -> float:
        """Wait until a person can log in and see KPIs; seconds since the start."""
        await self.until("the page is up")
        async with httpx.AsyncClient(base_url=self.facts["api_url"]) as client:
            await self.kpis(client)
        return time.perf_counter() - self.started_at

    async def everything_is_up(self) -> float:
        """Wait until Dagster works too; seconds since the start."""
        return await self.until("EvoSense is ready")

    async def kpis(self, client: httpx.AsyncClient, user: int = 0) -> dict[str, Any]:
        """Log in as a user of demo.json and read the tenant's KPIs."""
        facts = self.facts["users"][user]
        login = await client.post("/api/auth/login", json={"email": facts["email"], "password": facts["password"]})
        login.raise_for_status()
        client.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        answer = await client.get(f"/api/tenants/{facts['tenant_id']}/metrics")
        answer.raise_for_status()
        return answer.json()

    def processes(self) -> list[psutil.Process]:
        """The supervisor, everything below it, and the database's processes."""
        top = psutil.Process(self.process.pid)
        cluster = self.folder / "data" / "postgres" / "cluster"
        return [top, *top.children(recursive=True), *_postgres(cluster)]


def _postgres(cluster: Path) -> list[psutil.Process]:
    lines = (cluster / "postmaster.pid").read_text("utf-8").splitlines()
    postmaster = psutil.Process(int(lines[0]))
    return [postmaster, *postmaster.children()]
