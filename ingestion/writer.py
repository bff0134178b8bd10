"""The writer: takes what waits, decodes it and stores it, as soon as the flush before has ended.

No timer: at low rates every event is stored at once, at high rates batches grow by themselves, to 2,000 events at most.
While the database is away the batch is kept and tried again; the spool fills and readers wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from evosense.db.database import AWAY
from evosense.evolution.canonical import phone_state
from evosense.log import get_logger
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard
from ingestion.decode import Decoder
from ingestion.held import Arrival
from ingestion.metrics import Metrics
from ingestion.spool import Spool
from ingestion.states import StateBoard

MOST_EVENTS = 2_000
_FIRST_RETRY_S = 0.2
_LAST_RETRY_S = 5.0
_log = get_logger(__name__)


class Writer:
    """One per process. `fenced` is told of connections whose lease turned out to be lost."""

    def __init__(
        self, spool: Spool, inbox: Inbox, states: StateBoard, metrics: Metrics, fenced: Callable[[set[UUID]], None]
    ) -> None:
        self._spool = spool
        self._inbox = inbox
        self._states = states
        self._metrics = metrics
        self._fenced = fenced
        self._decoder = Decoder(metrics)
        self._unstored: list[Heard] = []
        self.failing_since: float | None = None

    async def run(self) -> None:
        """Store until cancelled; what was taken and not stored yet stays for `drain`."""
        while True:
            await self._write(await self._spool.take(MOST_EVENTS))

    async def drain(self) -> None:
        """Store everything that waits, after `run` was cancelled."""
        if self._unstored:
            await self._store(self._unstored)
        while len(self._spool):
            await self._write(self._spool.take_now(MOST_EVENTS))

    async def _write(self, arrivals: list[Arrival]) -> None:
        self._metrics.spool_items.set(len(self._spool))
        self._metrics.spool_bytes.set(self._spool.bytes)
        accepted = self._decoder.heard(arrivals)
        for held, heard in accepted:
            for event in heard.events:
                if (state := phone_state(event)) is not None:
                    self._states.phone(held, state)
        heard = [item for _, item in accepted]
        if heard:
            self._unstored = heard
            await self._store(heard)
            oldest = min(arrival.received_at for arrival in arrivals)
            self._metrics.lag_seconds.observe((datetime.now(UTC) - oldest).total_seconds())

    async def _store(self, heard: list[Heard]) -> None:
        delay = _FIRST_RETRY_S
        while True:
            started = time.perf_counter()
            try:
                stored = await self._inbox.store(heard)
                break
            except AWAY as error:
                self._metrics.flush_failures.inc()
                if self.failing_since is None:
                    self.failing_since = time.monotonic()
                    _log.error("database_away", error_class=type(error).__name__, waiting=len(heard))
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LAST_RETRY_S)
        if self.failing_since is not None:
            _log.info("database_back", seconds=round(time.monotonic() - self.failing_since, 1))
            self.failing_since = None
        self._unstored = []
        self._metrics.flush_seconds.observe(time.perf_counter() - started)
        self._metrics.messages.inc(stored.messages)
        if stored.refused:
            self._metrics.rejected.labels("refused").inc(stored.refused)
        if stored.fenced:
            self._fenced(stored.fenced)
