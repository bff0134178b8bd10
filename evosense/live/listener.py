"""One LISTEN connection per process: hears which tenants have news and tells the hub.

Needs a connection that is not pooled (DATABASE_DIRECT_URL). When it breaks it is made again, and since nothing was
heard meanwhile the hub then asks the database where each room stands: no event is lost.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg import AsyncConnection

from evosense.db.database import connect
from evosense.errors import ConfigurationError
from evosense.live.hub import Hub
from evosense.live.models import CHANNEL
from evosense.log import get_logger

_HEARTBEAT_SECONDS = 10.0
_HEARTBEAT_TIMEOUT = 5.0
_BACKOFF_SECONDS = (0.2, 1.0, 2.0, 5.0)
_log = get_logger(__name__)


class Listener:
    """Runs until cancelled. `heard_at` tells how long ago the connection was known to be good."""

    def __init__(self, url: str, hub: Hub) -> None:
        """`url` is the direct URL of the database."""
        self._url = url
        self._hub = hub
        self._failures = 0
        self.heard_at: float | None = None
        self.connected = asyncio.Event()

    @property
    def silence_seconds(self) -> float | None:
        """Seconds since the connection last proved to be good; None while there is none."""
        return None if self.heard_at is None else time.monotonic() - self.heard_at

    async def run(self) -> None:
        """Listen for ever, connecting again whenever the connection breaks."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError, ConfigurationError) as error:
                self._lost(error)
            await asyncio.sleep(_BACKOFF_SECONDS[min(self._failures, len(_BACKOFF_SECONDS)) - 1])

    async def _listen(self) -> None:
        connection = await connect(self._url, "evosense_api", application="evosense live")
        try:
            await connection.execute(f"listen {CHANNEL}")
            self._good()
            await self._hub.recheck()
            while True:
                await self._hear(connection)
        finally:
            await connection.close()

    async def _hear(self, connection: AsyncConnection[Any]) -> None:
        async for notify in connection.notifies(timeout=_HEARTBEAT_SECONDS):
            for tenant_id, seq in orjson.loads(notify.payload):
                self._hub.announce(UUID(tenant_id), int(seq))
            self._good()
        # Ten quiet seconds: a connection that died without a word shows only when it is used.
        await asyncio.wait_for(connection.execute("select 1"), _HEARTBEAT_TIMEOUT)
        self._good()

    def _good(self) -> None:
        self._failures = 0
        self.heard_at = time.monotonic()
        self.connected.set()

    def _lost(self, error: Exception) -> None:
        self._failures += 1
        self.heard_at = None
        self.connected.clear()
        _log.warning("live_listener_lost", error_class=type(error).__name__, failures=self._failures)
