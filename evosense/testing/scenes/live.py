"""An endless present: several conversations at once, their messages interleaved, delays left to the caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from evosense.testing.scenes.book import business
from evosense.testing.scenes.models import SceneMessage
from evosense.testing.scenes.writer import SceneWriter

#: Conversation numbers of the present start here, above those of any history.
_FIRST_NUMBER = 2_000_000_000


class LiveScenes:
    """Messages of one business, one after the other; each conversation keeps its own order.

    The crowd depends on `seed` alone, so customers of a history with that seed come back; `story` tells one present
    from another. `breadth` is how many conversations run at once.
    """

    def __init__(
        self,
        key: str,
        seed: str,
        *,
        clock: Callable[[], float],
        breadth: int = 8,
        timezone: str = "America/Sao_Paulo",
        story: str = "live",
    ) -> None:
        self._writer = SceneWriter(business(key), seed)
        self._rng = Random(f"{seed}:{key}:{story}")
        self._clock = clock
        self._breadth = breadth
        self._zone = ZoneInfo(timezone)
        self._number = _FIRST_NUMBER
        self._active: list[list[SceneMessage]] = []

    def next(self) -> SceneMessage:
        """The next message, with `at` set to now."""
        while len(self._active) < self._breadth:
            self._active.append(self._begin())
        chosen = int(self._rng.random() * len(self._active))
        message = self._active[chosen].pop()
        if not self._active[chosen]:
            del self._active[chosen]
        return replace(message, at=self._clock())

    def _begin(self) -> list[SceneMessage]:
        self._number += 1
        now = datetime.fromtimestamp(self._clock(), UTC).astimezone(self._zone)
        make = self._writer.chatter if self._rng.random() < 0.03 else self._writer.conversation
        return make(self._number, now, self._rng)[::-1]
