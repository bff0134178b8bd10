"""An endless present: several conversations at once, interleaved, with delays left to the caller."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Protocol
from zoneinfo import ZoneInfo

from evosense.testing.scenes.book import business
from evosense.testing.scenes.models import SceneMessage
from evosense.testing.scenes.writer import SceneWriter

#: Conversation numbers of the present start here, above those of any history.
_FIRST_NUMBER = 2_000_000_000


class SceneSource(Protocol):
    """Anything that tells what happens next; `round` counts how often it began anew."""

    round: int

    def next(self) -> SceneMessage:
        """The next message."""
        ...


class LiveScenes:
    """Messages of one business, one after the other; each conversation keeps its own order.

    The crowd depends on `seed` alone, so customers of a history with that seed come back; `story` tells one
    present from another. `breadth` is how many conversations run at once.
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
        self.round = 0
        # Several sources may play together: their conversations must not share numbers.
        self._number = _FIRST_NUMBER + zlib.crc32(f"{seed}:{key}:{story}".encode()) * 1000
        self._active: list[list[SceneMessage]] = []

    def next(self) -> SceneMessage:
        """The next message; it happens now, so `at` stays 0.0."""
        while len(self._active) < self._breadth:
            self._active.append(self._begin())
        chosen = int(self._rng.random() * len(self._active))
        message = self._active[chosen].pop()
        if not self._active[chosen]:
            del self._active[chosen]
        return message

    def _begin(self) -> list[SceneMessage]:
        self._number += 1
        now = datetime.fromtimestamp(self._clock(), UTC).astimezone(self._zone)
        make = self._writer.chatter if self._rng.random() < 0.03 else self._writer.conversation
        return make(self._number, now, self._rng)[::-1]


class Reel:
    """A stretch of mixed scenes, written once and shown again and again.

    It is for load tests, where writing would cost more than sending.
    """

    def __init__(self, sources: Sequence[SceneSource], length: int) -> None:
        self._messages = [sources[index % len(sources)].next() for index in range(length)]
        self._at = -1
        self.round = 0

    def __len__(self) -> int:
        """How many messages it holds."""
        return len(self._messages)

    def next(self) -> SceneMessage:
        """The next message, from the start again after the last one."""
        self._at += 1
        if self._at == len(self._messages):
            self._at, self.round = 0, self.round + 1
        return self._messages[self._at]
