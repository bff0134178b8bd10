"""Webhooks as 2.3.7 posts them: JSON without signature, retried from memory, in no particular order.

The key `jwt_key` among an instance's headers becomes `Authorization: Bearer <HS256 JWT>`, issued once for an
event and repeated by its retries. Bytes are objects of indices (`{"0": 31, …}`), as JSON.stringify shows a
Uint8Array.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import jwt
import orjson

from evosense.testing.evolution.packing import as_indexed

if TYPE_CHECKING:
    from evosense.testing.evolution.config import RetryPolicy
    from evosense.testing.evolution.instances import Instance

_TOKEN_LIFE_S = 600


@dataclass(slots=True)
class WebhookStats:
    """Posts made, events that were taken, events given up."""

    posts: int = 0
    delivered: int = 0
    abandoned: int = 0
    last_statuses: list[int] = field(default_factory=list)


def webhook_url(base: str, event: str, *, by_events: bool) -> str:
    """The address for an event: `…/messages-upsert` when the instance asked for addresses by event."""
    return f"{base}/{event.replace('.', '-').replace('_', '-').lower()}" if by_events else base


def webhook_body(envelope: dict[str, Any], destination: str) -> bytes:
    """The envelope plus `destination`, in the order of the real body."""
    order = ("event", "instance", "data", "destination", "date_time", "sender", "server_url", "apikey")
    whole = {**envelope, "destination": destination}
    return orjson.dumps({name: whole[name] for name in order if name in whole}, default=as_indexed)


def webhook_headers(configured: dict[str, str]) -> dict[str, str]:
    """Axios' headers, the instance's own, and the token in place of `jwt_key`."""
    headers = {"Content-Type": "application/json", "User-Agent": "axios/1.13.2"}
    headers |= {name: value for name, value in configured.items() if name != "jwt_key"}
    if key := configured.get("jwt_key"):
        now = int(time.time())
        claims = {"iat": now, "exp": now + _TOKEN_LIFE_S, "app": "evolution", "action": "webhook"}
        headers["Authorization"] = f"Bearer {jwt.encode(claims, key, algorithm='HS256')}"
    return headers


class Webhooks:
    """Posts events to where instances want them; every event is a task of its own."""

    def __init__(self, policy: RetryPolicy, seed: int) -> None:
        self.policy = policy
        self.stats = WebhookStats()
        self._rng = random.Random(seed)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def post(self, instance: Instance, event: str, envelope: dict[str, Any]) -> None:
        """Start posting an event; returns at once."""
        setting = instance.webhook
        url = webhook_url(setting.url, event, by_events=setting.by_events)
        body = webhook_body(envelope, url)
        task = asyncio.create_task(self._deliver(url, body, webhook_headers(setting.headers)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Return once nothing is on its way."""
        while self._tasks:
            await asyncio.gather(*tuple(self._tasks), return_exceptions=True)

    async def close(self) -> None:
        """Forget what was not delivered, as a restart does."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*tuple(self._tasks), return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _deliver(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        delay = self.policy.initial_s
        for attempt in range(self.policy.attempts):
            if attempt:
                spread = 1 + self.policy.jitter * self._rng.uniform(-1, 1)
                await asyncio.sleep(min(delay, self.policy.max_s) * spread)
                delay *= self.policy.factor
            status = await self._post_once(url, body, headers)
            self.stats.posts += 1
            self.stats.last_statuses = [*self.stats.last_statuses[-19:], status]
            if 200 <= status < 300:
                self.stats.delivered += 1
                return
            if status in self.policy.never:
                break
        self.stats.abandoned += 1

    async def _post_once(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The status of one post; 0 when there was no answer."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        limit = aiohttp.ClientTimeout(total=self.policy.timeout_s)
        try:
            async with self._session.post(url, data=body, headers=headers, timeout=limit) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0
