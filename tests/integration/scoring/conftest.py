"""Messages to score: written straight into the tables, as the inbox would leave them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.ai.shards import shard_of
from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.scoring.drain import Drain, DrainOptions

NOON = datetime(2026, 11, 10, 15, 0, tzinfo=UTC)  # 12:00 in São Paulo


@dataclass
class Inbox:
    """Writes messages of one chat per tenant and asks for them to be scored and embedded."""

    pool: AsyncPool

    def __post_init__(self) -> None:
        self._chats: dict[tuple[UUID, int], tuple[UUID, UUID]] = {}

    async def chat(self, tenant_id: UUID, number: int = 0) -> tuple[UUID, UUID]:
        """Connection and chat identity of a tenant's chat."""
        if (tenant_id, number) in self._chats:
            return self._chats[tenant_id, number]
        connection_id, chat_id = new_id(), new_id()
        # A student is measured on the chats whose ids divide by five: a fifth of them on every run, not by chance.
        identity_id = UUID(int=new_id().int // 5 * 5 + number % 5)
        async with self.pool.connection() as c:
            await c.execute(
                "insert into app.connection (tenant_id, id, name, server_url, instance) values (%s, %s, %s, %s, %s)",
                (tenant_id, connection_id, f"c{number}", "http://evo", f"i{number}"),
            )
            await c.execute(
                "insert into app.identity (tenant_id, id, connection_id, jid_hmac, key_version, kind, first_seen_at)"
                " values (%s, %s, %s, %s, 1, 'phone', %s)",
                (tenant_id, identity_id, connection_id, identity_id.bytes, NOON),
            )
            await c.execute(
                "insert into app.chat (tenant_id, id, connection_id, kind, created_at)"
                " values (%s, %s, %s, 'individual', %s)",
                (tenant_id, chat_id, connection_id, NOON),
            )
            await c.execute(
                "insert into app.identity_link (tenant_id, identity_id, chat_id) values (%s, %s, %s)",
                (tenant_id, identity_id, chat_id),
            )
        self._chats[tenant_id, number] = (connection_id, identity_id)
        return connection_id, identity_id

    async def receive(
        self,
        tenant_id: UUID,
        text: str | None,
        *,
        minutes: float = 0,
        direction: str = "in",
        chat: int = 0,
        kinds: tuple[str, ...] = ("score", "embed"),
        lane: int = 0,
    ) -> UUID:
        """Store one message and its tasks in one transaction; answers its id."""
        connection_id, identity_id = await self.chat(tenant_id, chat)
        message_id = new_id()
        sent_at = NOON + timedelta(minutes=minutes)
        async with self.pool.connection() as c:
            await c.execute(
                "insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction,"
                " chat_identity_id, chat_kind, type, sent_at, sent_at_source, received_at)"
                " values (%s, %s, %s, %s, %s, %s, %s, 'individual', 'text', %s, 'live', %s)",
                (
                    tenant_id,
                    message_id,
                    connection_id,
                    message_id.hex,
                    direction == "out",
                    direction,
                    identity_id,
                    sent_at,
                    sent_at,
                ),
            )
            await c.execute(
                "insert into app.message_body (tenant_id, message_id, text, redaction_version) values (%s, %s, %s, 1)",
                (tenant_id, message_id, text),
            )
            for kind in kinds:
                await c.execute(
                    "insert into app.ai_task (tenant_id, id, kind, lane, message_id, shard)"
                    " values (%s, %s, %s, %s, %s, %s)",
                    (tenant_id, new_id(), kind, lane, message_id, shard_of(identity_id)),
                )
                await c.execute("select pg_notify('evosense_ai_task', %s)", (kind,))
        return message_id

    async def edit(self, tenant_id: UUID, message_id: UUID, text: str) -> None:
        """Change a message's text and ask again, as the inbox does."""
        _, identity_id = await self.chat(tenant_id)
        async with self.pool.connection() as c:
            await c.execute(
                "update app.message_body set text = %s, revision = revision + 1"
                " where tenant_id = %s and message_id = %s",
                (text, tenant_id, message_id),
            )
            for kind in ("score", "embed"):
                await c.execute(
                    "insert into app.ai_task as t (tenant_id, id, kind, message_id, shard) values (%s, %s, %s, %s, %s)"
                    " on conflict (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate)"
                    " do update set generation = t.generation + 1, next_attempt_at = now(), attempts = 0",
                    (tenant_id, new_id(), kind, message_id, shard_of(identity_id)),
                )
                await c.execute("select pg_notify('evosense_ai_task', %s)", (kind,))

    async def rows(self, statement: str, *params: object) -> list[tuple]:
        """Any rows, to look at what was written."""
        async with self.pool.connection() as c:
            return await (await c.execute(statement, params)).fetchall()


@pytest.fixture
def inbox(pipeline_pool: AsyncPool) -> Inbox:
    """Where messages come from."""
    return Inbox(pipeline_pool)


@pytest.fixture
def drain(database_url, pipeline_pool):
    def make(scorer=None, **options) -> Drain:
        return Drain(
            database_url,
            pipeline_pool,
            scorer or EmbeddedScorer(),
            EmbeddedEmbedder(),
            options=DrainOptions(**options),
        )

    return make
