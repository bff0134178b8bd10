"""Scorers that do what a test says."""

from __future__ import annotations

import asyncio

from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.ai.protocols import ScoringAnswer

GOOD = {"sentiment_x100": 50, "satisfaction": 75, "emotion": "alegria", "tone": "neutro", "summary": "bom"}


class Scripted(EmbeddedScorer):
    """A scorer that does what a test says: `act(request)` answers, fails or raises."""

    def __init__(self, act) -> None:
        self.act = act
        self.asked: list[str] = []

    async def score(self, batch):
        self.asked += [request.text for request in batch]
        return [self.act(request) for request in batch]


class Waiting(Scripted):
    """A scorer that says when it was asked and answers when it is let."""

    def __init__(self) -> None:
        super().__init__(lambda _request: ScoringAnswer(GOOD))
        self.reached, self.let = asyncio.Event(), asyncio.Event()

    async def score(self, batch):
        self.reached.set()
        await self.let.wait()
        return await super().score(batch)
