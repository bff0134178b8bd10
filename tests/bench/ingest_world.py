"""A durable database, a stand-in Evolution server and the real listener, each a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from evosense.connections.repository import add_connection
from evosense.db.database import open_pool
from evosense.db.embedded import EmbeddedPostgres
from evosense.db.migrate import migrate
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import add_tenant, open_keys
from evosense.testing.postgres import TemplateDatabase

SECRET_KEY = "a secret key that only benchmarks know, 32+"
_GLOBAL_KEY = "bench-global-key"
_PATIENCE_SECONDS = 180.0
# As in production, with one thing more: when each transaction was committed.
_SETTINGS = {"track_commit_timestamp": "on", "max_connections": "100", "shared_buffers": "512MB"}


@dataclass
class Service:
    """A process that can be killed and started again as it was."""

    module: str
    options: tuple[str, ...]
    settings: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns at once."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.options],
                env=os.environ | self.settings,
                stdout=out,
                stderr=out,
            )

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for one that does not leave."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def usage(self) -> psutil.Process:
        """For memory and CPU time."""
        assert self.process is not None
        return psutil.Process(self.process.pid)


@dataclass
class IngestWorld:
    """What runs. `url` is the superuser's address of the database, `evolution` the stand-in's."""

    server: EmbeddedPostgres
    template: TemplateDatabase
    url: str
    evolution: str
    folder: Path
    stand_in: Service
    listeners: list[Service]
    instances: list[str]

    def control(self, verb: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the stand-in for something; with a body, to do something."""
        url, headers = f"{self.evolution}/_standin/{verb}", {"apikey": _GLOBAL_KEY}
        method = "GET" if body is None else "POST"
        answer = httpx.request(method, url, json=body, headers=headers, timeout=600)
        answer.raise_for_status()
        return answer.json()

    def connect(self, *, tenants: int) -> None:
        """A connection to each instance, spread over companies; returns when all are live."""
        asyncio.run(self._connect(tenants))
        self.wait_for("select count(*) from app.connection where state = 'live'", len(self.instances))

    async def _connect(self, tenants: int) -> None:
        master = MasterKey.from_secret(SECRET_KEY)
        async with open_pool(self.url, "evosense_pipeline", max_size=1) as pool, pool.connection() as connection:
            keys = [
                await open_keys(connection, master, await add_tenant(connection, master, name=f"Loja {number}"))
                for number in range(tenants)
            ]
            # What a plan allows is not what is measured here.
            for place, name in enumerate(self.instances):
                await add_connection(
                    connection,
                    keys[place % tenants],
                    name=name,
                    server_url=self.evolution,
                    instance=name,
                    token=f"token-{name}",
                )

    def wait_for_stand_in(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                httpx.get(self.evolution, timeout=5)
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def value(self, query: str) -> Any:
        """The one value that a query answers."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(query).fetchone()  # type: ignore[arg-type] # our own constants
        return row[0] if row else None

    def wait_for(self, query: str, at_least: int) -> float:
        """Poll until the count is reached; answers the seconds that took. As long as it rises there is hope."""
        started = time.monotonic()
        highest, since = -1, started
        with psycopg.connect(self.url, autocommit=True) as connection:
            while True:
                row = connection.execute(query).fetchone()  # type: ignore[arg-type]
                count = int(row[0]) if row else 0
                if count >= at_least:
                    return time.monotonic() - started
                if count > highest:
                    highest, since = count, time.monotonic()
                if time.monotonic() - since > _PATIENCE_SECONDS:
                    message = f"only {count} of {at_least}, and no more for {_PATIENCE_SECONDS:.0f} s: {query}"
                    raise TimeoutError(message)
                time.sleep(0.05)

    def settled(self, query: str, *, more_than: int) -> tuple[int, float]:
        """The count once it stood still for five seconds, and the moment (monotonic) of its last rise.

        A burst holds reactions and edits as well, so how many messages come of it is not known beforehand.
        """
        self.wait_for(query, more_than + 1)
        known, since = more_than, time.monotonic()
        while time.monotonic() - since < 5:
            count = int(self.value(query))
            if count != known:
                known, since = count, time.monotonic()
            time.sleep(0.1)
        return known, since

    def rss_kb(self) -> float:
        """Resident memory of the first listener in KB."""
        return self.listeners[0].usage.memory_info().rss / 1024

    def cpu_s(self) -> float:
        """CPU seconds that the first listener has used."""
        times = self.listeners[0].usage.cpu_times()
        return times.user + times.system


@contextmanager
def ingest_world(*, instances: int, listeners: int = 1) -> Generator[IngestWorld]:
    """Start all of it; the stand-in has `instances`, the listeners have no connection yet."""
    with tempfile.TemporaryDirectory(prefix="evosense-ingest-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root the database's user has to get in
        server = EmbeddedPostgres(folder / "pg", settings=_SETTINGS, database="bench")
        server.start()
        template = TemplateDatabase(server, lambda url: migrate(url) and None, fingerprint="bench ingest")
        template.prepare()
        url = template.create()
        port = _free_port()
        names = [f"bench-{number:04d}" for number in range(instances)]
        stand_in = _stand_in(folder, port, names)
        heard_by = [_listener(folder, url, number) for number in range(listeners)]
        try:
            for service in (stand_in, *heard_by):
                service.start()
            world = IngestWorld(server, template, url, f"http://127.0.0.1:{port}", folder, stand_in, heard_by, names)
            world.wait_for_stand_in()
            time.sleep(3)  # until the listener's memory stands still
            yield world
        finally:
            for service in (*heard_by, stand_in):
                service.stop()
            server.stop()


def _stand_in(folder: Path, port: int, names: list[str]) -> Service:
    options = ["--global-key", _GLOBAL_KEY, "--rate", "0", "--history-days", "0"]
    options += ["--port", str(port), "--state-dir", str(folder / "evolution")]
    for name in names:
        options += ["--instance", f"{name}=token-{name}:loja_roupas"]
    return Service("evosense.testing.evolution", tuple(options), {}, folder / "evolution.log")


def _listener(folder: Path, url: str, number: int) -> Service:
    settings = {
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET_KEY,
        "EVO_ALLOWED_NETWORKS": "127.0.0.0/8",
        "DATA_DIR": str(folder / "data"),
    }
    return Service("ingestion", (), settings, folder / f"listener-{number}.log")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
