"""Waiting between attempts: doubling, capped, with full jitter, so that 500 links don't come back in one moment."""

from __future__ import annotations

import random

_FIRST_S = 0.5
_MOST_S = 30.0
_STEADY_S = 30.0


class Backoff:
    """Seconds to wait before the next attempt; starts over after a link that held for half a minute."""

    def __init__(self) -> None:
        self._failures = 0

    def held_for(self, seconds: float) -> None:
        """Tell how long the last link held."""
        if seconds >= _STEADY_S:
            self._failures = 0

    def next_wait(self) -> float:
        """Between half and all of 0.5, 1, 2 … 30 s."""
        most = min(_FIRST_S * 2**self._failures, _MOST_S)
        self._failures = min(self._failures + 1, 10)
        return random.uniform(most / 2, most)  # noqa: S311 - spreads attempts, protects nothing
