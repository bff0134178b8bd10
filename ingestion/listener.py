"""The listener: the parts of the process, started and stopped in the right order.

Start: health, writer, states, roster (which starts the links). Stop: the links first, then what waits is flushed,
states are written, and the leases are given back, so that another listener takes over at once.
"""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from evosense.db.database import AsyncPool, open_pool
from evosense.evolution.read_ahead import Allowance
from evosense.log import get_logger
from evosense.messages.inbox import Inbox
from evosense.settings import Networks
from evosense.tenants.keys import MasterKey
from ingestion.crew import Crew
from ingestion.gateway_link import GatewayLink
from ingestion.health import serving_health
from ingestion.held import Held
from ingestion.memory import keep_small
from ingestion.metrics import Metrics
from ingestion.ownership import Ownership
from ingestion.repair import Repairer
from ingestion.roster import Roster
from ingestion.server_link import ServerLink
from ingestion.spool import Spool
from ingestion.states import StateBoard
from ingestion.switchboard import AnyLink, Switchboard
from ingestion.watchdog import Watchdog, WatchTimes
from ingestion.webhook_link import WebhookLink
from ingestion.writer import Writer

_FLUSH_ON_STOP_S: Final = 10.0
_LEAVE_S: Final = 2.0
_UNHEALTHY_AFTER_S: Final = 30.0
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """What a listener needs to know. `direct_url` is for LISTEN, where `url` may be pooled."""

    url: str
    direct_url: str
    master: MasterKey
    allowed: Networks = ()
    port: int = 0
    watch: WatchTimes = field(default_factory=WatchTimes)


class Listener:
    """One listener process; `running` is the whole of it."""

    def __init__(self, config: ListenerConfig, pool: AsyncPool) -> None:
        self._config = config
        self.owner = f"{platform.node()}:{os.getpid()}:{uuid4().hex[:8]}"
        self.metrics = Metrics()
        self._crew = Crew(self.metrics)
        self._spool = Spool()
        self._allowance = Allowance()
        self._states = StateBoard(pool)
        inbox = Inbox(pool)
        self._repairer = Repairer(pool, inbox, self.metrics, allowed=config.allowed)
        self._ownership = Ownership(self._states, allowed=config.allowed)
        self._switchboard = Switchboard(
            self._make_link,
            self._crew,
            forget=self._states.forget,
            failed=lambda held: self._states.set(held, "offline", "link_lost"),
        )
        self._watchdog = Watchdog(
            pool,
            self._repairer,
            self._states,
            self.metrics,
            self._switchboard.served,
            allowed=config.allowed,
            times=config.watch,
            crew=self._crew,
        )
        self._roster = Roster(pool, config.direct_url, config.master, self.owner, self._switchboard)
        self._writer = Writer(self._spool, inbox, self._states, self.metrics, self._roster.fenced)
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def running(cls, config: ListenerConfig) -> AsyncGenerator[Listener]:
        """A listener that runs for the length of the block and stops gracefully."""
        async with open_pool(
            config.url, "evosense_pipeline", min_size=2, max_size=8, application="evosense-listener", plan_once=True
        ) as pool:
            listener = cls(config, pool)
            async with serving_health(
                config.port, listener.report, listener.metrics.registry, before_metrics=listener.gauge
            ) as port:
                listener.port = port
                listener._start()
                _log.info("listener_started", owner=listener.owner, port=port)
                try:
                    yield listener
                finally:
                    await listener._stop()

    @property
    def lost(self) -> asyncio.Event:
        """Set when something that the process lives on has ended by itself: leave the block, and begin anew."""
        return self._crew.lost

    def report(self) -> tuple[bool, dict[str, Any]]:
        """(healthy, what /health shows)."""
        since = self._writer.failing_since
        failing_s = time.monotonic() - since if since is not None else 0.0
        status = "database_away" if failing_s >= _UNHEALTHY_AFTER_S else "ok" if self._crew.is_well else "task_failed"
        return status == "ok", {
            "status": status,
            "connections": dict(self._states.counts()),
            "waiting": {"packets": len(self._spool), "bytes": self._spool.bytes},
            "database_failing_seconds": round(failing_s, 1),
        }

    def gauge(self) -> None:
        """Bring the gauges up to date."""
        counts = self._states.counts()
        for state in ("offline", "connecting", "joining", "backfilling", "live", "refused"):
            self.metrics.connections.labels(state).set(counts[state])
        self.metrics.spool_items.set(len(self._spool))
        self.metrics.spool_bytes.set(self._spool.bytes)
        self.metrics.read_ahead_bytes.set(self._allowance.bytes)

    def _make_link(self, held: Held) -> AnyLink:
        parts = (self._spool, self._states, self._repairer)
        allowed, allowance = self._config.allowed, self._allowance
        match held.listening.transport:
            case "raw_websocket":
                return GatewayLink(*parts, self.metrics, allowed=allowed, allowance=allowance)
            case "webhook":
                return WebhookLink(self._states, self._repairer)
            case "socketio":
                return ServerLink(*parts, self._ownership, self._crew, self.metrics, allowed, allowance)

    def _start(self) -> None:
        self._crew.start("writer", self._writer.run())
        self._crew.start("states", self._states.run())
        self._crew.start("roster", self._roster.run())
        self._crew.start("notifications", self._roster.watch())
        self._crew.start("watchdog", self._watchdog.run())
        self._crew.start("memory", keep_small(self._states.counts))

    async def _stop(self) -> None:
        await self._switchboard.stop()
        await self._crew.stop()
        await _try("flush", self._flush(), _FLUSH_ON_STOP_S)
        await _try("leave", self._roster.leave(), _LEAVE_S)
        _log.info("listener_stopped", owner=self.owner)

    async def _flush(self) -> None:
        await self._writer.drain()
        self._states.all_offline("listener_stopped")
        await self._states.flush()


async def _try(what: str, step: Awaitable[None], seconds: float) -> None:
    """A step of stopping. One that fails costs no other one, least of all the leases' return."""
    try:
        async with asyncio.timeout(seconds):
            await step
    except Exception as error:  # noqa: BLE001 - nothing that was committed is lost, and gaps say what to fetch again
        _log.error("not_stopped_in_order", step=what, error_class=type(error).__name__)
