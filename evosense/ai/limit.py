"""How many calls a backend takes at once, learned from how it answers (AIMD), urgent ones first.

Doubling until the first sign of congestion, then one more per round of calls; half (at most once a cooldown) after a
429, a 503 or a timeout; other 5xx pause growth. Settings as measured in Phoenix and Inspect (facts, experiments §6).
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable

from evosense.ai.protocols import CallFailure, ScoringAnswer

_START = 8
_COOLDOWN_SECONDS = 2.0
_CONGESTED = frozenset((429, 503))


class AdaptiveLimit:
    """Slots that grow and shrink between 1 and `most`. `now` tells monotonic seconds."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        self._most = most
        self._now = now
        self._limit = float(min(_START, most))
        self._starting = True
        self._quiet_until = 0.0
        self._running = 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @property
    def limit(self) -> int:
        """Calls it lets through at once now."""
        return int(self._limit)

    @property
    def running(self) -> int:
        """Calls in flight."""
        return self._running

    async def acquire(self, priority: int) -> None:
        """Wait for a slot (lower `priority` goes first); every slot is released once."""
        if self._running < self.limit and not self._waiting:
            self._running += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # admitted and cancelled in one breath
                self.release()
            raise

    def release(self) -> None:
        """Give a slot back."""
        self._running -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._running < self.limit:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._running += 1
                turn.set_result(None)

    def learn(self, result: ScoringAnswer | CallFailure) -> None:
        """Grow or shrink by how a call went."""
        if isinstance(result, ScoringAnswer):
            self._grow()
        elif result.http_status in _CONGESTED or result.error_class == "timeout":
            self._shrink()
        else:
            self._quiet_until = self._now() + _COOLDOWN_SECONDS

    def _grow(self) -> None:
        # A backend that is not even half used says nothing about a higher limit.
        if self._now() < self._quiet_until or self._running < self._limit / 2:
            return
        self._limit = min(self._limit + (1.0 if self._starting else 1.0 / self._limit), self._most)
        self._admit()

    def _shrink(self) -> None:
        if self._now() < self._quiet_until and not self._starting:
            return  # one episode, one cut
        self._starting = False
        self._limit = max(self._limit / 2, 1.0)
        self._quiet_until = self._now() + _COOLDOWN_SECONDS
