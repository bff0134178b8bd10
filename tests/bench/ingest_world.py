"""A durable database, a stand-in Evolution server and the real listener, each a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
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
class IngestWorld:
    """What runs. `url` is the superuser's address of the database."""

    server: EmbeddedPostgres
    template: TemplateDatabase
    url: str
    evolution: str
    folder: Path
    listener: psutil.Process

    def control(self, verb: str, body: dict[str, Any]) -> Any:
        """Ask the stand-in for something."""
        answer = httpx.post(
            f"{self.evolution}/_standin/{verb}", json=body, headers={"apikey": _GLOBAL_KEY}, timeout=600
        )
        answer.raise_for_status()
        return answer.json()

    def connect_instances(self, count: int, *, tenants: int) -> None:
        """Instances on the stand-in and a connection to each, spread over companies; returns when all are live."""
        made = self.control("instances", {"count": count, "prefix": "bench", "business": "loja_roupas"})["instances"]
        asyncio.run(self._connect(made, tenants))
        self.wait_for("select count(*) from app.connection where state = 'live'", count)

    async def _connect(self, instances: list[dict[str, str]], tenants: int) -> None:
        master = MasterKey.from_secret(SECRET_KEY)
        async with open_pool(self.url, "evosense_pipeline", max_size=1) as pool, pool.connection() as connection:
            keys = [
                await open_keys(connection, master, await add_tenant(connection, master, name=f"Loja {number}"))
                for number in range(tenants)
            ]
            # What a plan allows is not what is measured here.
            for place, one in enumerate(instances):
                await add_connection(
                    connection,
                    keys[place % tenants],
                    name=one["name"],
                    server_url=self.evolution,
                    instance=one["name"],
                    token=one["token"],
                )

    def value(self, query: str) -> Any:
        """The one value that a query answers."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(query).fetchone()  # type: ignore[arg-type] # our own constants
        return row[0] if row else None

    def wait_for(self, query: str, at_least: int) -> float:
        """Poll until the count is reached; answers the seconds that took."""
        started = time.monotonic()
        with psycopg.connect(self.url, autocommit=True) as connection:
            while True:
                row = connection.execute(query).fetchone()  # type: ignore[arg-type]
                if row and row[0] >= at_least:
                    return time.monotonic() - started
                if time.monotonic() - started > _PATIENCE_SECONDS:
                    message = f"only {row and row[0]} of {at_least} after {_PATIENCE_SECONDS:.0f} s: {query}"
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
        """Resident memory of the listener in KB."""
        return self.listener.memory_info().rss / 1024

    def cpu_s(self) -> float:
        """CPU seconds that the listener has used."""
        times = self.listener.cpu_times()
        return times.user + times.system


@contextmanager
def ingest_world() -> Generator[IngestWorld]:
    """Start all three; the listener has no connection yet."""
    with tempfile.TemporaryDirectory(prefix="evosense-ingest-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root the database's user has to get in
        with EmbeddedPostgres(folder / "pg", settings=_SETTINGS, database="bench") as server:
            template = TemplateDatabase(server, lambda url: migrate(url) and None, fingerprint="bench ingest")
            template.prepare()
            with template.clone() as url, _stand_in(folder) as evolution, _listener(folder, url) as listener:
                yield IngestWorld(server, template, url, evolution, folder, listener)


@contextmanager
def _stand_in(folder: Path) -> Generator[str]:
    options = ["--global-key", _GLOBAL_KEY, "--rate", "0", "--history-days", "0", "--instance", "unused=unused"]
    with _process(folder / "evolution.log", "evosense.testing.evolution", *options, pipe=True) as process:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"])


@contextmanager
def _listener(folder: Path, url: str) -> Generator[psutil.Process]:
    settings = {
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET_KEY,
        "EVO_ALLOW_PRIVATE_HOSTS": "true",
        "DATA_DIR": str(folder / "data"),
    }
    with _process(folder / "listener.log", "ingestion", settings=settings) as process:
        time.sleep(3)  # until its memory stands still
        yield psutil.Process(process.pid)


@contextmanager
def _process(
    log: Path, module: str, *options: str, settings: dict[str, str] | None = None, pipe: bool = False
) -> Generator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            env=os.environ | (settings or {}),
            stdout=subprocess.PIPE if pipe else out,
            stderr=out,
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
