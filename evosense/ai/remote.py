"""What scorers on other machines have in common: one call a message, and a price for its tokens."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest


class RemoteScorer(ABC):
    """A `Scorer` that is asked message by message. Use it as an async context manager: it keeps connections open."""

    def __init__(self, config: ModelConfig, slots: int) -> None:
        self._config = config
        self._slots = slots
        self._gate = asyncio.Semaphore(slots)

    async def __aenter__(self) -> Self:
        """Nothing to do: connections are opened by the first calls."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close the connections."""
        await self.close()

    @property
    def config(self) -> ModelConfig:
        """Which model answers."""
        return self._config

    @property
    def reads_prompt(self) -> bool:
        """Yes: requests carry the rendered prompt."""
        return True

    @property
    def slots(self) -> int:
        """Calls in flight at most."""
        return self._slots

    async def score(self, batch: Sequence[ScoringRequest]) -> Sequence[ScoringAnswer | CallFailure]:
        """One call a message, at most `slots` at once."""
        return await asyncio.gather(*(self._gated(request) for request in batch))

    async def _gated(self, request: ScoringRequest) -> ScoringAnswer | CallFailure:
        async with self._gate:
            return await self.call(request)

    @abstractmethod
    async def call(self, request: ScoringRequest) -> ScoringAnswer | CallFailure:
        """Ask for one message now; the caller sees to it that no more than `slots` run."""

    @abstractmethod
    async def identify(self) -> CallFailure | None:
        """Make `config` name the weights that answer now (an Ollama tag can move); why that failed, or None."""

    @abstractmethod
    async def close(self) -> None:
        """Close the connections."""
