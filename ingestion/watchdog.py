"""The silence watchdog: asks servers whether they stored messages that we were never told of.

Instances are known to look connected and to emit nothing until they are joined anew. So where nothing was heard for a
while (and, less often, everywhere) the server's count of the time since the last comparison is compared with ours. If
the server has more, the stretch is fetched; if messages came back that way, the link is deaf and is opened anew. The
gap's row tells from when to when; one that turns out to be none leaves no row.

A count can differ for harmless reasons: the server keeps duplicates, and moves the time of an edited message. Then
nothing comes back, and the next comparison begins after that stretch.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from evosense.connections.addresses import AddressNotAllowed, checked_address
from evosense.db.database import AWAY, AsyncPool
from evosense.errors import UpstreamTransient
from evosense.evolution.client import EvolutionClient
from evosense.evolution.refusals import EvolutionRefused
from evosense.log import get_logger
from evosense.messages.completeness import known_in_window
from evosense.settings import Networks
from ingestion.crew import Crew
from ingestion.held import Held
from ingestion.metrics import Metrics
from ingestion.repair import Repairer
from ingestion.states import StateBoard

_MARGIN: Final = timedelta(seconds=10)  # stored by the server and on its way to us
_AT_ONCE: Final = 4
# One that waits to be joined too: a server whose socket is off for an instance never makes its namespace.
_WATCHED: Final = frozenset(("live", "joining"))
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WatchTimes:
    """In seconds: after how long a silence is asked about, and how often everybody is."""

    silence: float = 120.0
    regular: float = 900.0


class Watched(Protocol):
    """A link, as far as the watchdog needs it."""

    def reopen(self) -> None:
        """Open the link anew: the server seems not to tell us everything."""
        ...


Served = Callable[[], Iterable[tuple[Watched, Held]]]


@dataclass(slots=True)
class _Watch:
    """`since`: both counts agree up to there. `looked_at`, `asked_at`: when we and when the server were asked last."""

    since: datetime
    looked_at: float
    asked_at: float


class Watchdog:
    """One per process; `served` answers what is listened to at the moment."""

    def __init__(
        self,
        pool: AsyncPool,
        repairer: Repairer,
        states: StateBoard,
        metrics: Metrics,
        served: Served,
        *,
        allowed: Networks,
        times: WatchTimes,
        crew: Crew,
    ) -> None:
        self._pool = pool
        self._repairer = repairer
        self._states = states
        self._metrics = metrics
        self._served = served
        self._allowed = allowed
        self._times = times
        self._crew = crew
        self._watches: dict[UUID, _Watch] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(self._times.silence / 4)
            due = [(link, held) for link, held in self._served() if self._is_due(held)]
            await asyncio.gather(*(self._look(link, held) for link, held in due))

    def _is_due(self, held: Held) -> bool:
        """Whether to look at a connection now; one that is in no state to be heard begins anew when it is."""
        if held.listening.transport == "raw_websocket" or not held.token:
            return False
        if self._states.state_of(held.id) not in _WATCHED:
            self._watches.pop(held.id, None)
            return False
        watch = self._watches.get(held.id)
        if watch is None:
            # What was before it was joined is the repair's. Not what came while that went on: it had asked by then.
            now = time.monotonic()
            joined_at = self._states.joined_at(held.id) or datetime.now(UTC)
            self._watches[held.id] = _Watch(joined_at - _MARGIN, now, now)
            return False
        return time.monotonic() - watch.looked_at >= self._times.silence

    async def _look(self, link: Watched, held: Held) -> None:
        watch = self._watches[held.id]
        until = datetime.now(UTC) - _MARGIN
        since = watch.since.replace(microsecond=0)
        watch.looked_at = time.monotonic()
        try:
            async with self._turns:
                if not await self._has_more(held, watch, since, until):
                    return
                recovered = await self._fetch(held, since)
        except EvolutionRefused as refused:
            _log.warning("watch_refused", connection_id=str(held.id), why=refused.reason)
        except (UpstreamTransient, AddressNotAllowed, *AWAY) as error:
            _log.warning("watch_waits", connection_id=str(held.id), error_class=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - one server's odd answer must not end the watch over the others
            self._crew.tell("watch", error)
        else:
            watch.since, watch.asked_at = until, time.monotonic()
            if recovered and self._states.state_of(held.id) == "live":
                self._metrics.silences.inc()
                _log.error("link_is_deaf", connection_id=str(held.id), recovered=recovered)
                link.reopen()

    async def _has_more(self, held: Held, watch: _Watch, since: datetime, until: datetime) -> bool:
        """Whether the server counts more than we do; moves the watch on where it does not."""
        last_second = until.replace(microsecond=0)
        async with self._pool.connection() as connection:
            known = await known_in_window(
                connection, held.recipient.tenant_id, held.id, since, last_second + timedelta(microseconds=999_999)
            )
        now = time.monotonic()
        quiet_s = (datetime.now(UTC) - (known.last_event_at or since)).total_seconds()
        if quiet_s < self._times.silence and now - watch.asked_at < self._times.regular:
            return False
        listening = held.listening
        pinned = await checked_address(listening.server_url, allowed=self._allowed)
        async with EvolutionClient(listening.server_url, held.token, pinned_host=pinned.host) as client:
            page = await client.find_messages(listening.instance, since, last_second, rows=1)
            phone = await client.connection_state(listening.instance)
        if phone is not None:  # a silent link may not have told that the phone is gone
            self._states.phone(held, phone)
        if page.total > known.messages:
            return True
        watch.since, watch.asked_at = until, now
        return False

    async def _fetch(self, held: Held, since: datetime) -> int:
        gap = await self._repairer.begin(held, "silence", since=since)
        return await self._repairer.repair(held, gap, keep_empty=False) if gap else 0
