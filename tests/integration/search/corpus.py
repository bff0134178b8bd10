"""Messages in the database without a listener: what search and serving tests read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from psycopg import AsyncConnection

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.db.ids import new_id

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EMBEDDER = EmbeddedEmbedder()


@dataclass
class Chat:
    """A conversation of a tenant; `say` adds the next message, a minute after the one before."""

    connection: AsyncConnection
    tenant_id: UUID
    connection_id: UUID = field(default_factory=new_id)
    identity_id: UUID = field(default_factory=new_id)
    id: UUID = field(default_factory=new_id)
    said: int = 0

    async def open(self) -> Chat:
        await self.connection.execute(
            "insert into app.connection (tenant_id, id, name, server_url, instance) "
            "values (%(t)s, %(c)s, %(c)s, 'http://127.0.0.1', %(c)s) on conflict do nothing",
            {"t": self.tenant_id, "c": self.connection_id},
        )
        await self.connection.execute(
            "insert into app.identity (tenant_id, id, connection_id, jid_hmac, key_version, kind, first_seen_at) "
            "values (%s, %s, %s, %s, 1, 'phone', now())",
            (self.tenant_id, self.identity_id, self.connection_id, self.identity_id.bytes),
        )
        await self.connection.execute(
            "insert into app.identity_link (tenant_id, identity_id, chat_id) values (%s, %s, %s)",
            (self.tenant_id, self.identity_id, self.id),
        )
        return self

    async def say(
        self,
        text: str | None,
        *,
        direction: str = "in",
        score: tuple[float, int] | None = None,
        sent_at: datetime | None = None,
        deleted: bool = False,
        embed: bool = False,
        chat_kind: str = "individual",
        message_type: str = "text",
    ) -> UUID:
        message_id = new_id()
        self.said += 1
        await self.connection.execute(
            "insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, "
            "chat_kind, type, sent_at, sent_at_source, received_at) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'live', now())",
            (self.tenant_id, message_id, self.connection_id, str(message_id), direction == "out", direction,
             self.identity_id, chat_kind, message_type, sent_at or START + timedelta(minutes=self.said)),
        )  # fmt: skip
        await self.connection.execute(
            "insert into app.message_body (tenant_id, message_id, text, deleted_at, redaction_version) "
            "values (%s, %s, %s, %s, 1)",
            (self.tenant_id, message_id, text, START if deleted else None),
        )
        if score:
            await self._score(message_id, *score)
        if embed:
            await self._embed(message_id, text or "")
        return message_id

    async def _score(self, message_id: UUID, sentiment: float, satisfaction: int) -> None:
        await self.connection.execute(
            "insert into app.message_score (tenant_id, message_id, inference_id, input_hash, prompt_hash, config_hash, "
            "sentiment, satisfaction, emotion, tone) "
            "values (%s, %s, %s, 'x', 'p1:x', 'c1:x', %s, %s, 'neutro', 'cordial')",
            (self.tenant_id, message_id, new_id(), sentiment, satisfaction),
        )

    async def _embed(self, message_id: UUID, text: str) -> None:
        vector = "[" + ",".join(str(value) for value in EMBEDDER.embed_now([text])[0]) + "]"
        await self.connection.execute(
            "insert into app.message_embedding (tenant_id, shelf, message_id, config_hash, embedding) "
            "select tenant_id, shelf, %s, %s, %s::halfvec from app.tenant where tenant_id = %s",
            (message_id, EMBEDDER.config.config_hash, vector, self.tenant_id),
        )


async def hear(connection: AsyncConnection, tenant_id: UUID, said: Sequence[tuple[str, str]]) -> None:
    """Many messages at once, given as (name of a chat, text), from chats without identities."""
    heard = {
        "t": tenant_id,
        "ids": [new_id() for _ in said],
        "chats": [uuid5(NAMESPACE_OID, chat) for chat, _ in said],
        "texts": [text for _, text in said],
    }
    await connection.execute(
        "insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, "
        "chat_kind, type, sent_at, sent_at_source, received_at) "
        "select %(t)s, g.id, %(t)s, g.id::text, false, 'in', g.chat, 'individual', 'text', now(), 'live', now() "
        "from unnest(%(ids)s::uuid[], %(chats)s::uuid[]) as g (id, chat)",
        heard,
    )
    await connection.execute(
        "insert into app.message_body (tenant_id, message_id, text, redaction_version) "
        "select %(t)s, g.id, g.text, 1 from unnest(%(ids)s::uuid[], %(texts)s::text[]) as g (id, text)",
        heard,
    )
