"""One backend in use: its scorer behind an adaptive limit, a breaker and a retry budget."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from evosense.ai.breaker import Breaker
from evosense.ai.limit import AdaptiveLimit
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, Scorer, ScoringAnswer, ScoringRequest
from evosense.ai.remote import RemoteScorer
from evosense.ai.retry_budget import RetryBudget

# A backend that could not say which model it runs is asked again after so long; a tag may move meanwhile.
_UNIDENTIFIED_SECONDS = 3.0
_IDENTITY_SECONDS = 300.0
_BUDGET_SECONDS = 5.0
# How much one answer counts in the usual latency.
_NEWS = 0.05


@dataclass(frozen=True, slots=True)
class KeptBack:
    """No call was made: the backend is away or has had its share of retries; look again after so long."""

    seconds: float


class Lane:
    """A scorer and what is known of how it fares."""

    def __init__(self, scorer: Scorer, name: str = "", now: Callable[[], float] = time.monotonic) -> None:
        self.scorer = scorer
        self.name = name or scorer.config.provider
        self.limit = AdaptiveLimit(scorer.slots, now)
        self.breaker = Breaker(now)
        self._remote = scorer if isinstance(scorer, RemoteScorer) else None
        self._budget = RetryBudget(now)
        self._now = now
        self._identified_at: float | None = None if self._remote else now()
        self._ask_again_at = 0.0
        self._usual_seconds: float | None = None

    @property
    def config(self) -> ModelConfig:
        """Which model it runs, as last told."""
        return self.scorer.config

    @property
    def is_remote(self) -> bool:
        """Whether it is asked message by message over the network."""
        return self._remote is not None

    @property
    def is_identified(self) -> bool:
        """Whether it is known which weights answer."""
        return self._identified_at is not None

    @property
    def usual_seconds(self) -> float | None:
        """How long an answer takes lately; None before the first one."""
        return self._usual_seconds

    def wait_seconds(self) -> float:
        """0 when it takes calls, else how long until it is worth looking again."""
        return _UNIDENTIFIED_SECONDS if self._identified_at is None else self.breaker.wait_seconds()

    async def identify(self) -> CallFailure | None:
        """Learn which weights answer, if that is due; why not, or None. An identity once known is kept meanwhile."""
        now = self._now()
        if self._remote is None or now < self._ask_again_at:
            return None
        failure = await self._remote.identify()
        if failure is None:
            self._identified_at = now
        self._ask_again_at = now + (_IDENTITY_SECONDS if failure is None else _UNIDENTIFIED_SECONDS)
        return failure

    async def ask(
        self, request: ScoringRequest, *, priority: int, is_retry: bool = False
    ) -> ScoringAnswer | CallFailure | KeptBack:
        """Ask for one message when there is a slot. The answer's latency leaves the wait for the slot out."""
        if self._remote is None:
            message = f"{self.name} is asked in batches"
            raise TypeError(message)
        await self.limit.acquire(priority)
        try:
            if not self.breaker.enter():
                return KeptBack(max(self.breaker.wait_seconds(), 0.1))
            if not self._budget.spend(is_retry=is_retry):
                self.breaker.abandon()
                return KeptBack(_BUDGET_SECONDS)
            try:
                result = await self._remote.call(request)
            except BaseException:
                self.breaker.abandon()
                raise
            self.limit.learn(result)
        finally:
            self.limit.release()
        self.breaker.learn(result)
        if isinstance(result, ScoringAnswer):
            self._time(result.latency_ms / 1000)
        return result

    def _time(self, seconds: float) -> None:
        usual = self._usual_seconds
        self._usual_seconds = seconds if usual is None else usual + _NEWS * (seconds - usual)
