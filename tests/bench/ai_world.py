"""A durable database with many messages to score, and the AI stand-in as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from evosense.db.database import AsyncPool, open_pool
from evosense.db.embedded import EmbeddedPostgres
from evosense.db.ids import new_id
from evosense.db.migrate import migrate
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import add_tenant

NOON = datetime(2026, 11, 10, 15, 0, tzinfo=UTC)
_SETTINGS = {"max_connections": "60", "shared_buffers": "512MB", "max_wal_size": "4GB"}
_CHATS = 200
_FILL = """
with one as (
    select
        gen_random_uuid() as id,
        %(chats)s::uuid[] as chats,
        n
    from generate_series(1, %(count)s) as n
),
message as (
    insert into app.message (
        tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, chat_kind, type, sent_at,
        sent_at_source, received_at
    )
    select
        %(tenant)s, one.id, %(connection)s, one.id::text, false, 'in', one.chats[1 + one.n %% 200], 'individual',
        'text', %(at)s + make_interval(secs => one.n), 'live', %(at)s
    from one
    returning id, chat_identity_id
),
body as (
    insert into app.message_body (tenant_id, message_id, text, redaction_version)
    select %(tenant)s, one.id, 'o pedido ' || one.n || ' chegou atrasado e ninguem me avisou', 1
    from one
)
insert into app.ai_task (tenant_id, id, kind, purpose, lane, message_id, shard, prompt_hash, config_hash)
select
    %(tenant)s, gen_random_uuid(), 'score', %(purpose)s, %(lane)s, m.id,
    (get_byte(uuid_send(m.chat_identity_id), 15) & 63)::smallint, %(prompt_hash)s, %(config_hash)s
from message as m
"""


@dataclass(frozen=True)
class World:
    """The database, and a tenant in it."""

    url: str
    pool: AsyncPool
    tenant_id: UUID

    async def fill(
        self, count: int, *, purpose: str = "prod", lane: int = 0, prompt_hash: str = "", config_hash: str = ""
    ) -> None:
        """Write messages in 200 chats, each with a task."""
        params: dict[str, Any] = {
            "tenant": self.tenant_id,
            "connection": new_id(),
            "chats": [new_id() for _ in range(_CHATS)],
            "at": NOON,
            "purpose": purpose,
            "lane": lane,
            "prompt_hash": prompt_hash,
            "config_hash": config_hash,
        }
        async with self.pool.connection() as connection:
            for start in range(0, count, 50_000):
                await connection.execute(_FILL, {**params, "count": min(50_000, count - start)})
        async with self.pool.connection() as connection:
            await connection.set_autocommit(True)
            await connection.execute("set role none")
            for table in ("ai_task", "message", "message_body"):
                await connection.execute(f"vacuum (analyze) app.{table}".encode())


@asynccontextmanager
async def world(folder: Path) -> AsyncGenerator[World]:
    """A durable server in `folder` with one migrated database."""
    folder.chmod(0o755)  # noqa: ASYNC240 - as root the database's own user must get in
    with EmbeddedPostgres(folder / "postgres", settings=_SETTINGS, database="bench") as server:
        url = server.url("bench")
        migrate(url)
        async with open_pool(url, "evosense_pipeline", max_size=8) as pool:
            async with pool.connection() as connection:
                master = MasterKey.from_secret("a secret key that only benches know, 32+")
                tenant_id = await add_tenant(connection, master, name="Loja Aurora")
            yield World(url, pool, tenant_id)


@dataclass(frozen=True)
class StandIn:
    """The stand-in's addresses."""

    url: str
    webhook: str

    def stats(self) -> dict[str, float]:
        """Calls, the most at once, and seconds of calls running, all added up."""
        return httpx.get(f"{self.url}/_standin/stats").json()


@contextmanager
def standin(*, latency_ms: float, mode: str = "constant") -> Generator[StandIn]:
    """The AI stand-in as a process, so that its CPU is not ours."""
    command = [sys.executable, "-m", "evosense.testing.ai", "--latency-ms", str(latency_ms), "--mode", mode]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield StandIn(**json.loads(process.stdout.readline()))
        finally:
            process.terminate()
            process.wait(10)
