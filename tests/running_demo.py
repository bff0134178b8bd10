"""The real stack as a person starts it: `evosense demo` in a folder of its own, for e2e tests and benchmarks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from websockets.asyncio.client import ClientConnection, connect

GLOBAL_KEY = "demo-global-key"
_PATIENCE_SECONDS = 240.0
_OWN_SETTINGS = ("DATABASE_URL", "DATABASE_DIRECT_URL", "SECRET_KEY", "API_PORT", "PORT", "DAGSTER_PORT")


@dataclass(frozen=True)
class RunningDemo:
    """A started demo: what its demo.json says, and ways to ask it."""

    process: subprocess.Popen[bytes]
    folder: Path
    info: dict[str, Any]

    @property
    def log(self) -> str:
        """What the demo printed."""
        return (self.folder / "demo.log").read_text(encoding="utf-8", errors="replace")

    def user(self, company: str, role: str = "admin") -> dict[str, str]:
        """A demo user by the company's address part, e.g. `loja-aurora`."""
        return next(u for u in self.info["users"] if company in u["email"] and (u["role"] == role or role == ""))

    def database(self) -> psycopg.Connection[Any]:
        """The superuser's view of the database."""
        return psycopg.connect(self.info["database_url"], autocommit=True)

    def login(self, user: dict[str, str]) -> httpx.Client:
        """A client of the API that is logged in."""
        client = httpx.Client(base_url=self.info["api_url"], timeout=30)
        answer = client.post("/api/auth/login", json={"email": user["email"], "password": user["password"]})
        answer.raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    @asynccontextmanager
    async def live(self, user: dict[str, str]) -> AsyncGenerator[ClientConnection]:
        """The tenant's live socket, greeted and listening."""
        token = self.login(user).headers["Authorization"].removeprefix("Bearer ")
        url = self.info["api_url"].replace("http", "ws", 1) + f"/ws/tenant/{user['tenant_id']}/"
        async with connect(url, max_queue=None) as socket:
            await socket.send(json.dumps({"type": "auth", "token": token}))
            yield socket

    def control(self, path: str, body: dict[str, Any] | None = None, *, timeout: float = 300) -> dict[str, Any]:
        """The stand-in Evolution server's control API."""
        url, headers = f"{self.info['evolution_url']}/_standin/{path}", {"apikey": GLOBAL_KEY}
        answer = (
            httpx.get(url, headers=headers, timeout=timeout)
            if body is None
            else httpx.post(url, headers=headers, json=body, timeout=timeout)
        )
        answer.raise_for_status()
        return answer.json()

    def processes(self) -> list[psutil.Process]:
        """Every process of the stack, Postgres included."""
        root = psutil.Process(self.process.pid)
        data = str(self.folder / "data")
        servers = [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(data in word for word in process.info["cmdline"] or [])
        ]
        found = {process.pid: process for process in [root, *root.children(recursive=True), *servers]}
        for server in servers:
            found |= {child.pid: child for child in server.children(recursive=True)}
        return list(found.values())

    def wait_for(self, question: str, *, at_least: int = 1, seconds: float = _PATIENCE_SECONDS) -> int:
        """Ask the database until its one number reaches `at_least`; AssertionError after `seconds`."""
        deadline = time.monotonic() + seconds
        with self.database() as connection:
            while True:
                row = connection.execute(question.encode()).fetchone()
                if row is not None and int(row[0] or 0) >= at_least:
                    return int(row[0])
                if time.monotonic() > deadline:
                    raise AssertionError(f"still {row} after {seconds} s: {question}")
                time.sleep(0.2)


@contextmanager
def running_demo(folder: Path, *options: str, wait_for_dagster: bool = True) -> Generator[RunningDemo]:
    """Start the demo with its data in `folder`, and stop it as Ctrl-C does."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # as root the database's own user must get in, or its data lies outside of the folder
    demo_file = folder / "data" / "demo.json"
    # The usual ports unless they are taken: another demo may run beside the tests.
    environment = {name: value for name, value in os.environ.items() if name not in _OWN_SETTINGS}
    environment["DATA_DIR"] = str(folder / "data")
    with (folder / "demo.log").open("wb") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("evosense"), "demo", *options],
            env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(process, folder, demo_file.exists)
            demo = RunningDemo(process, folder, json.loads(demo_file.read_text()))
            if wait_for_dagster:
                _wait(process, folder, lambda: "EvoSense is ready" in demo.log)
            yield demo
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _wait(process: subprocess.Popen[bytes], folder: Path, is_there: Any) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_there():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError((folder / "demo.log").read_text(encoding="utf-8", errors="replace")[-3000:])
        time.sleep(0.1)
