"""How often one caller may ask one route: by company, person and route, counted for all API processes together.

Asking the database on every request would cost more than most requests do, so a process takes permits in blocks of a
twentieth and hands them out itself. What it does not use up is lost with the window: a caller who is spread over many
processes is refused a little early, never late.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field

from evosense.db.tenancy import Actor
from evosense.errors import RateLimited
from serving.rates import Rate, SharedCounts

_WINDOW_SECONDS = 60
_BLOCKS = 20
# What changes something, or searches, costs several times what reading does.
_COSTLY_SHARE = 5
_MOST_REMEMBERED = 20_000
# After a refusal a caller is refused without asking the database for so long.
_REFUSED_SECONDS = 1.0


@dataclass(slots=True)
class _Block:
    """Permits that this process holds for one caller and route. Times are of the monotonic clock."""

    left: int = 0
    until: float = 0.0
    refused_until: float = 0.0
    window_ends: float = 0.0
    taking: asyncio.Lock = field(default_factory=asyncio.Lock)


class RequestLimits:
    """Counts requests of people and API keys."""

    def __init__(self, counts: SharedCounts, per_minute: int) -> None:
        """`per_minute` requests that only read; a fifth of it of all others. 0: no limit."""
        self._counts = counts
        self._reading = Rate(per_minute, _WINDOW_SECONDS)
        self._costly = Rate(max(1, per_minute // _COSTLY_SHARE), _WINDOW_SECONDS)
        self._blocks: dict[tuple[str, str, str, str], _Block] = {}

    async def check(self, actor: Actor, method: str, route: str) -> None:
        """Count one request. Raises RateLimited."""
        if not self._reading.most:
            return
        key = (str(actor.tenant_id), str(actor.api_key_id or actor.user_id), method, route)
        block = self._blocks.get(key)
        if block is None:
            if len(self._blocks) >= _MOST_REMEMBERED:
                self._blocks.clear()
            block = self._blocks[key] = _Block()
        if not _use(block):
            await self._take(block, key)

    async def _take(self, block: _Block, key: tuple[str, str, str, str]) -> None:
        async with block.taking:
            if _use(block):
                return
            rate = self._reading if key[2] == "GET" else self._costly
            if block.refused_until <= time.monotonic():
                await self._ask(block, rate, key)
            if not _use(block):
                wait = max(1, math.ceil(block.window_ends - time.monotonic()))
                message = f"More than {rate.most} requests a minute to this address; wait and try again"
                raise RateLimited(message, retry_after_seconds=wait)

    async def _ask(self, block: _Block, rate: Rate, key: tuple[str, str, str, str]) -> None:
        permits = await self._counts.take(rate, "request", *key, wanted=max(1, rate.most // _BLOCKS))
        now = time.monotonic()
        block.left = permits.granted
        block.until = block.window_ends = now + permits.seconds_left
        block.refused_until = 0.0 if permits.granted else now + _REFUSED_SECONDS


def _use(block: _Block) -> bool:
    if block.left <= 0 or block.until <= time.monotonic():
        return False
    block.left -= 1
    return True
