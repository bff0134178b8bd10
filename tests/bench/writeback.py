"""Writing results: answers, official scores and vectors of a batch in one transaction, beside one row at a time.

Both sides run in the same rounds on one durable server. What a commit costs is the disk's and most of what the peer
takes: beside the ratio stands the one with every commit's flush made to last 3 ms, as on the machine of the facts. A
bare COPY of the same rows tells how quick Postgres could be.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from evosense.ai.protocols import ScoringAnswer
from evosense.ai.tasks import Task, claim
from evosense.db.database import AsyncPool
from evosense.db.pipelined import pipelined
from evosense.embeddings.repository import TextToEmbed, store_vectors
from evosense.prompts.registry import ensure_default
from evosense.scoring.contract import validate
from evosense.scoring.inputs import read_inputs
from evosense.scoring.models import Question, Scored
from evosense.scoring.writeback import write_back
from tests.bench.ai_world import World, world
from tests.bench.bare_copy import bare_copy_rate
from tests.bench.figures import Context, Figure
from tests.bench.seed_design import SeedDesign
from tests.bench.slow_flush import slow_flush

_ANSWER = {
    "sentiment_x100": 40, "satisfaction": 70, "emotion": "alegria", "tone": "neutro",
    "summary": "Cliente elogia a entrega e agradece o atendimento.",
}  # fmt: skip
_CONFIG = "c1:bench"
# A drain writes for hours: the server plans its statements once and for all within the first ten batches.
_WARM = 12
_SLOW_ROUNDS = 3


async def run(context: Context) -> list[Figure]:
    """Figures writeback.seed_ratio_500 and writeback.seed_ratio_64."""
    rounds = 12 if context.is_full else 6
    async with world(context.folder) as here:
        await here.fill((rounds + _SLOW_ROUNDS) * (500 + 64 * 6) + 64 * _WARM + 500)
        async with here.pool.connection() as connection:
            await ensure_default(connection)
        seed = SeedDesign(here.url)
        await _ours(here, 64, _WARM)
        rates = _no_rates()
        for number in range(rounds):
            context.progress(f"round {number + 1} of {rounds}")
            await _round(here, seed, rates)
        context.progress("as on a slow disk")
        slow = _no_rates()
        with slow_flush(here.url):
            for _ in range(_SLOW_ROUNDS):
                await _round(here, seed, slow)
        context.progress("a bare COPY")
        bare = {"500": bare_copy_rate(here.url, 500, rounds), "64": bare_copy_rate(here.url, 64, 6 * rounds)}
    peer = "one task a message, as in the users' documents, on their tables"
    details = {name: round(statistics.median(values)) for name, values in rates.items()}
    return [
        Figure(
            f"writeback.seed_ratio_{size}", _ratio(rates[size], rates["seed"]), "times", "higher", goal, peer,
            {
                **details,
                "to_one_that_keeps_its_connection": round(_ratio(rates[size], rates["seed_kept"]), 1),
                "with_3_ms_a_flush": round(_ratio(slow[size], slow["seed"]), 1),
                "bare_copy": round(bare[size]),
                "bare_copy_ratio": round(bare[size] / statistics.median(rates["seed"]), 1),
            },
        )
        for size, goal in (("500", 200), ("64", 100))
    ]  # fmt: skip


def _no_rates() -> dict[str, list[float]]:
    return {"500": [], "64": [], "seed": [], "seed_kept": []}


async def _round(here: World, seed: SeedDesign, rates: dict[str, list[float]]) -> None:
    rates["seed"].append(seed.rate(40))
    rates["500"].append(await _ours(here, 500, 1))
    rates["64"].append(await _ours(here, 64, 6))
    rates["seed_kept"].append(seed.rate(40, keeps_connection=True))


def _ratio(ours: Sequence[float], seeds: Sequence[float]) -> float:
    return statistics.median(one / seed for one, seed in zip(ours, seeds, strict=True))


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
    async with pipelined(pool) as connection:
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
