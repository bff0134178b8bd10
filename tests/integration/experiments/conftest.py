"""Many messages in many chats, prompts with known effects, and a drain that answers them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.shards import shard_of
from evosense.db.database import AsyncPool
from evosense.db.ids import EVERYONE, new_id
from evosense.prompts.registry import register
from evosense.scoring.drain import Drain
from evosense.testing.scripted_scorer import Effect, ScriptedScorer, prompt_with

FIRST_DAY = date(2026, 11, 2)
DAYS = 4


@dataclass
class World:
    """A tenant's messages, the scripted scorer, and what it takes to score them."""

    pool: AsyncPool
    url: str
    tenant_id: UUID
    scorer: ScriptedScorer

    async def fill(
        self,
        chats: int,
        *,
        tenant_id: UUID | None = None,
        seed: int = 1,
        enqueue: bool = True,
        noon: datetime = datetime(2026, 11, 2, 15, tzinfo=UTC),
        texts: Sequence[str] = ("mensagem",),
    ) -> int:
        """Write messages of `chats` chats over the four days from `noon` on, with champion tasks; answers how many.

        Each takes the next of `texts`, and a number of its own: the scripted scorer answers by the text.
        """
        rng = np.random.default_rng(seed)
        tenant_id = tenant_id or self.tenant_id
        connection_id = new_id()
        sizes = rng.geometric(1 / 8, size=chats)
        identities = [new_id() for _ in range(chats)]
        owner = np.repeat(np.arange(chats), sizes)
        times = [
            noon + timedelta(days=int(chat) % DAYS, minutes=int(minute))
            for chat, minute in zip(owner, rng.integers(0, 600, size=len(owner)), strict=True)
        ]
        ids = [new_id() for _ in owner]
        columns = {
            "t": tenant_id,
            "c": connection_id,
            "ids": ids,
            "hex": [one.hex for one in ids],
            "chats": [identities[chat] for chat in owner],
            "times": times,
            "texts": [f"{texts[n % len(texts)]} {n} do chat {chat} {seed}" for n, chat in enumerate(owner)],
            "shards": [shard_of(identities[chat]) for chat in owner],
            "tasks": [new_id() for _ in owner],
        }
        async with self.pool.connection() as connection:
            await connection.execute(
                "insert into app.connection (tenant_id, id, name, server_url, instance)"
                " values (%(t)s, %(c)s, %(c)s::text, 'http://evo', %(c)s::text)",
                columns,
            )
            await connection.execute(
                "insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction,"
                " chat_identity_id, chat_kind, type, sent_at, sent_at_source, received_at)"
                " select %(t)s, g.id, %(c)s, g.hex, false, 'in', g.chat, 'individual', 'text', g.at, 'live', g.at"
                " from unnest(%(ids)s::uuid[], %(hex)s::text[], %(chats)s::uuid[], %(times)s::timestamptz[])"
                " as g (id, hex, chat, at)",
                columns,
            )
            await connection.execute(
                "insert into app.message_body (tenant_id, message_id, text, redaction_version)"
                " select %(t)s, g.id, g.text, 1 from unnest(%(ids)s::uuid[], %(texts)s::text[]) as g (id, text)",
                columns,
            )
            if enqueue:
                await connection.execute(
                    "insert into app.ai_task (tenant_id, id, kind, message_id, shard)"
                    " select %(t)s, g.task, 'score', g.id, g.shard"
                    " from unnest(%(tasks)s::uuid[], %(ids)s::uuid[], %(shards)s::smallint[]) as g (task, id, shard)",
                    columns,
                )
        return len(ids)

    async def drain(self) -> int:
        """Work until nothing is due; answers how many calls the scorer saw."""
        before = self.scorer.calls
        await Drain(self.url, self.pool, self.scorer, EmbeddedEmbedder()).run_once()
        return self.scorer.calls - before

    async def prompt(self, effect: Effect, *, tenant_id: UUID = EVERYONE) -> str:
        """Register a prompt version with a known effect; answers its hash."""
        async with self.pool.connection() as connection:
            return await register(connection, prompt_with(effect), tenant_id=tenant_id, name="sentiment", author="ana")

    async def rows(self, statement: str, *params: object) -> list[tuple]:
        """Any rows, to look at what was written."""
        async with self.pool.connection() as connection:
            return await (await connection.execute(statement, params)).fetchall()


@pytest.fixture
def world(pipeline_pool: AsyncPool, database_url: str, tenant_id: UUID) -> World:
    """A tenant with nothing in it yet."""
    return World(pipeline_pool, database_url, tenant_id, ScriptedScorer())


@pytest.fixture
async def scored_world(world: World) -> World:
    """About 480 messages in 60 chats, all scored by the built-in champion."""
    await world.fill(60)
    await world.drain()
    return world
