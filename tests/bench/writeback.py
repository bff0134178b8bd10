"""Writing results: answers, official scores and vectors of a batch in one transaction, beside one row at a time.

The users' design reads the message, saves it, updates its vector as a text literal and creates the inference, each
committed on its own, on their tables with their indexes. Both sides run in the same rounds on one durable server.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg

from evosense.ai.protocols import ScoringAnswer
from evosense.ai.tasks import Task, claim
from evosense.db.database import AsyncPool
from evosense.embeddings.repository import TextToEmbed, store_vectors
from evosense.prompts.registry import ensure_default
from evosense.scoring.contract import validate
from evosense.scoring.inputs import read_inputs
from evosense.scoring.models import Question, Scored
from evosense.scoring.writeback import write_back
from tests.bench.ai_world import World, world
from tests.bench.figures import Context, Figure

_ANSWER = {
    "sentiment_x100": 40, "satisfaction": 70, "emotion": "alegria", "tone": "neutro",
    "summary": "Cliente elogia a entrega e agradece o atendimento.",
}  # fmt: skip
_CONFIG = "c1:bench"
_SEED_TABLES = """
create schema seed;
create table seed.message (
    id bigserial primary key, tenant_id int, connection_id int, message_id text, chat_id text, sender text, text text,
    direction text, status text, sentiment float, emotion text, satisfaction float, tone text, summary text,
    created_at timestamptz default now(), embedding vector(768), unique (tenant_id, connection_id, message_id)
);
create index on seed.message (tenant_id, created_at);
create index on seed.message (chat_id);
create index on seed.message (sender);
create index on seed.message (status);
create index on seed.message (sentiment);
create index on seed.message (emotion);
create index on seed.message (connection_id);
create index on seed.message (created_at);
create table seed.inference (
    id bigserial primary key, message_id bigint references seed.message, prompt_version text, model text,
    latency_ms int, raw jsonb, created_at timestamptz default now()
);
create index on seed.inference (message_id);
create index on seed.inference (prompt_version);
insert into seed.message (tenant_id, connection_id, message_id, chat_id, sender, text, direction, status)
select 1 + n % 5, 1, n::text, (n % 200)::text, 'x', 'o pedido ' || n || ' chegou atrasado', 'in', 'new'
from generate_series(1, 20000) as n;
"""


async def run(context: Context) -> list[Figure]:
    """Figures writeback.seed_ratio_500 and writeback.seed_ratio_64."""
    rounds = 12 if context.is_full else 6
    async with world(context.folder) as here:
        await here.fill(rounds * (500 + 64 * 6) + 1500)
        async with here.pool.connection() as connection:
            await ensure_default(connection)
        with psycopg.connect(here.url, autocommit=True) as seed:
            seed.execute(_SEED_TABLES)
            rates: dict[str, list[float]] = {"500": [], "64": [], "seed": []}
            await _ours(here, 500, 1)  # warm
            for number in range(rounds):
                context.progress(f"round {number + 1} of {rounds}")
                rates["seed"].append(_seeds(seed, 1 + 40 * number, 40))
                rates["500"].append(await _ours(here, 500, 1))
                rates["64"].append(await _ours(here, 64, 6))
    peer = "one row at a time, as in the users' documents, on their tables"
    per_second = {name: round(statistics.median(values)) for name, values in rates.items()}
    return [
        Figure(f"writeback.seed_ratio_{size}", _ratio(rates, str(size)), "times", "higher", goal, peer, per_second)
        for size, goal in ((500, 200), (64, 100))
    ]


def _ratio(rates: dict[str, list[float]], size: str) -> float:
    return statistics.median(ours / seed for ours, seed in zip(rates[size], rates["seed"], strict=True))


async def _ours(here: World, size: int, batches: int) -> float:
    """Messages a second of `batches` batches; reading inputs and judging are not part of writing."""
    taken = 0.0
    rng = np.random.default_rng(1)
    for _ in range(batches):
        scored, texts = await _answered(here.pool, size)
        vectors = rng.normal(size=(len(texts), 768)).astype(np.float32)
        started = time.perf_counter()
        await _write(here.pool, scored, texts, vectors)
        taken += time.perf_counter() - started
    return size * batches / taken


async def _write(pool: AsyncPool, scored: Sequence[Scored], texts: Sequence[TextToEmbed], vectors: Any) -> None:
    async with pool.connection() as connection, connection.transaction():
        await store_vectors(connection, texts, vectors, _CONFIG)
        await write_back(connection, scored)


async def _answered(pool: AsyncPool, size: int) -> tuple[list[Scored], list[TextToEmbed]]:
    async with pool.connection() as connection:
        tasks: list[Task] = await claim(
            connection, "score", owner="bench", shards=range(64), limit=size, lease_seconds=600
        )
    assert len(tasks) == size
    async with pool.connection() as connection:
        inputs = await read_inputs(connection, tasks)
    answer = ScoringAnswer(_ANSWER, latency_ms=50, tokens_in=400, tokens_out=60)
    scored: list[Scored] = []
    texts: list[TextToEmbed] = []
    for task in tasks:
        source = inputs[task.tenant_id, task.message_id]
        verdict = validate(answer, message_text=source.text)
        scored.append(Scored(Question(task, source, "p1:bench", _CONFIG), answer, verdict))
        texts.append(TextToEmbed(task.tenant_id, task.message_id, source.text, source.local_day))
    return scored, texts


def _seeds(connection: psycopg.Connection[Any], first: int, count: int) -> float:
    """Messages a second of the users' design; Django commits each statement by itself, and so does this."""
    vector = str(np.random.default_rng(2).normal(size=768).round(6).tolist())
    started = time.perf_counter()
    for number in range(first, first + count):
        row = connection.execute("select * from seed.message where id = %s", (number,)).fetchone()
        assert row is not None
        connection.execute(
            "update seed.message set tenant_id = tenant_id, connection_id = connection_id, chat_id = chat_id,"
            " sender = sender, text = text, sentiment = 0.4, emotion = 'positivo', satisfaction = 70, tone = 'cordial',"
            " summary = 'Cliente elogia a entrega', status = 'analyzed' where id = %s",
            (number,),
        )
        connection.execute("update seed.message set embedding = %s::vector where id = %s", (vector, number))
        connection.execute(
            "insert into seed.inference (message_id, prompt_version, model, latency_ms, raw)"
            " values (%s, 'v1', 'n8n', 50, '{}')",
            (number,),
        )
    return count / (time.perf_counter() - started)
