"""The bounded queue between readers and the writer: full means that readers wait, never that memory grows."""

from __future__ import annotations

import asyncio
from collections import deque

from ingestion.held import Arrival


class Spool:
    """Holds arrivals up to a number and a sum of sizes; one that is larger than everything is taken alone."""

    def __init__(self, *, most_items: int = 20_000, most_bytes: int = 64 * 2**20) -> None:
        self._items: deque[Arrival] = deque()
        self._bytes = 0
        self._most_items = most_items
        self._most_bytes = most_bytes
        self._filled = asyncio.Event()
        self._space = asyncio.Event()
        self._space.set()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def bytes(self) -> int:
        """The sizes of all that waits, summed."""
        return self._bytes

    def offer(self, arrival: Arrival) -> bool:
        """Take `arrival` if there is room."""
        if self._items and (len(self._items) >= self._most_items or self._bytes + arrival.size > self._most_bytes):
            self._space.clear()
            return False
        self._items.append(arrival)
        self._bytes += arrival.size
        self._filled.set()
        return True

    async def wait_for_space(self) -> None:
        """Return when there may be room again."""
        await self._space.wait()

    async def take(self, most: int) -> list[Arrival]:
        """At least one arrival, at most `most`, oldest first."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        return self.take_now(most)

    def take_now(self, most: int) -> list[Arrival]:
        """What is there, at most `most`."""
        taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
        self._bytes -= sum(arrival.size for arrival in taken)
        self._space.set()
        return taken
