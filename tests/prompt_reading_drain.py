"""`python -m tests.prompt_reading_drain`: Dagster's part in experiments, with a scorer that reads prompts.

The embedded scorer gives every prompt the same answer, so a replay could show nothing. This one takes the embedded
scorer's answer and moves it by what the prompt's marker says (`[[shift=0.06 invalid=0 noise=0.02]]`).
Runs until SIGTERM.
"""

from __future__ import annotations

import asyncio
import hashlib
import signal
from collections.abc import Sequence

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest
from evosense.db.database import AsyncPool, open_pool
from evosense.experiments.monitor import tick
from evosense.experiments.replay import advance
from evosense.experiments.runs import open_runs
from evosense.scoring.drain import Drain
from evosense.settings import DatabaseSettings, load
from evosense.testing.scripted_scorer import effect_of

_LOOK_SECONDS = 0.5


class PromptReadingScorer:
    """The embedded scorer's answers, moved by the prompt's marker; the same text and prompt get the same answer."""

    reads_prompt = True

    def __init__(self) -> None:
        self._lexicon = EmbeddedScorer()
        self.slots = self._lexicon.slots
        self.config = ModelConfig("scripted", "prompt-reader-1")

    async def score(self, batch: Sequence[ScoringRequest]) -> Sequence[ScoringAnswer | CallFailure]:
        """Answer each request."""
        answers = await self._lexicon.score(batch)
        return [_moved(request, answer) for request, answer in zip(batch, answers, strict=True)]


def _moved(request: ScoringRequest, answer: ScoringAnswer | CallFailure) -> ScoringAnswer | CallFailure:
    if isinstance(answer, CallFailure) or isinstance(answer.content, str):
        return answer
    system = next((message.content for message in request.prompt if message.role == "system"), "")
    effect = effect_of(system)
    moved = answer.content["sentiment_x100"] + 100 * (
        effect.shift + effect.noise * (_share(system, request.text) - 0.5)
    )
    content = {**answer.content, "sentiment_x100": round(min(max(moved, -100), 100))}
    # Every prompt takes the same time for a text, so that no guardrail on latency is decided by this machine.
    return ScoringAnswer(content, latency_ms=40 + 40 * _share("speed", request.text), cost_usd=1e-5)


def _share(key: str, text: str) -> float:
    """0..1, the same for the same key and text."""
    return int.from_bytes(hashlib.sha256(f"{key}|{text}".encode()).digest()[:4], "big") / 2**32


async def run() -> None:
    """Score what comes, drive replays and look at shadows, until SIGTERM."""
    database = load(DatabaseSettings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_pool(database.require_url(), "evosense_pipeline") as pool:
        drain = Drain(database.require_direct_url(), pool, PromptReadingScorer(), EmbeddedEmbedder())
        async with asyncio.TaskGroup() as group:
            group.create_task(drain.run(stop))
            group.create_task(_experiments(pool, stop))


async def _experiments(pool: AsyncPool, stop: asyncio.Event) -> None:
    while not stop.is_set():
        async with pool.connection() as connection:
            waiting = await open_runs(connection)
        for tenant_id, run_id, _ in waiting:
            await advance(pool, tenant_id, run_id)
        await tick(pool)
        await asyncio.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    asyncio.run(run())
