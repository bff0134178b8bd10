"""A database with one company and its messages, and API processes on it, for the serving benchmarks."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg

from evosense.db.database import AsyncPool, open_pool
from evosense.db.embedded import EmbeddedPostgres
from evosense.db.migrate import migrate
from evosense.tenants.access_tokens import AccessTokens
from evosense.tenants.keys import MasterKey
from evosense.tenants.passwords import hash_password
from evosense.tenants.repository import add_tenant, add_user
from tests.integration.search.corpus import Chat

ROOT = Path(__file__).resolve().parents[2]
_SECRET_KEY = "a secret key that only benches know, 32+ chars"
COLLEAGUES = 30
_TEXT = "bom dia queria saber do meu pedido que ainda não chegou, me ajuda"


@dataclass(frozen=True)
class World:
    """A running database; `admin` is a user of `tenant_id`."""

    folder: Path
    database_url: str
    tenant_id: UUID
    user_id: UUID
    pool: AsyncPool
    tokens: AccessTokens = field(default_factory=lambda: AccessTokens(_SECRET_KEY))

    def token(self) -> str:
        return self.tokens.issue(user_id=self.user_id, tenant_id=self.tenant_id, role="admin")

    @contextmanager
    def api(self, name: str = "api", **settings: str) -> Generator[int]:
        """An API process; answers its port once it is ready."""
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.database_url,
            "SECRET_KEY": _SECRET_KEY,
            "API_PORT": "0",
            "API_RATE_PER_MINUTE": "100000000",
            **settings,
        }
        log = self.folder / f"{name}.log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "serving"], cwd=self.folder, env=environment, stderr=stderr
            )
        try:
            yield _port(log, process)
        finally:
            process.terminate()
            process.wait(15)


@asynccontextmanager
async def world(folder: Path, *, messages: int) -> AsyncGenerator[World]:
    """A migrated embedded Postgres with one company of `messages` messages in chats of 50."""
    server = EmbeddedPostgres(folder / "postgres", durable=False, settings={"max_connections": "60"})
    async with _started(server):
        url = server.url()
        await asyncio.to_thread(migrate, url)
        async with open_pool(url, "evosense_pipeline", max_size=2) as pool:
            hashed = hash_password("a password that nobody tries")
            async with pool.connection() as connection:
                tenant_id = await add_tenant(connection, MasterKey.from_secret(_SECRET_KEY), name="Loja Aurora")
                user_id = await add_user(
                    connection,
                    tenant_id=tenant_id,
                    email="ana@aurora.example",
                    name="Ana",
                    role="admin",
                    password_hash="x",
                )
                for number in range(COLLEAGUES):
                    await add_user(
                        connection,
                        tenant_id=tenant_id,
                        email=f"p{number}@aurora.example",
                        name="P",
                        role="analyst",
                        password_hash=hashed,
                    )
                for _ in range(messages // 50):
                    chat = await Chat(connection, tenant_id).open()
                    for number in range(50):
                        await chat.say(f"{_TEXT} {number}", score=(0.25, 70))
            # As the owner of all tables, as autovacuum would do it.
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as owner:
                await owner.execute("vacuum analyze")
            yield World(folder, url, tenant_id, user_id, pool)


@asynccontextmanager
async def _started(server: EmbeddedPostgres) -> AsyncGenerator[None]:
    await asyncio.to_thread(server.start)
    try:
        yield
    finally:
        await asyncio.to_thread(server.stop)


def _port(log: Path, process: subprocess.Popen[bytes]) -> int:
    """The port that the process says it listens on. Raises RuntimeError when it ends instead."""
    while process.poll() is None:
        for line in log.read_text().splitlines():
            if '"api_listening"' in line:
                return int(json.loads(line)["port"])
        time.sleep(0.05)
    message = f"the API ended: {log.read_text()[-2000:]}"
    raise RuntimeError(message)
