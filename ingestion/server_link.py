"""One link to one Evolution server and the connections that share it (same server and token).

The reader only hands packets to the spool. While that is full it waits, telling the server now and then that it lives.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from sys import getsizeof
from uuid import UUID

from evosense.connections.addresses import AddressNotAllowed, checked_address
from evosense.connections.gaps import OpenGap
from evosense.connections.models import ConnectionState
from evosense.db.database import AWAY
from evosense.errors import UpstreamTransient
from evosense.evolution.link import Joined, Left, Link, connect
from evosense.evolution.read_ahead import Allowance
from evosense.evolution.refusals import EvolutionRefused
from evosense.evolution.socketio import ROOT, Packet
from evosense.settings import Networks
from ingestion.backoff import Backoff
from ingestion.crew import Crew
from ingestion.held import Arrival, Held
from ingestion.metrics import Metrics
from ingestion.ownership import Ownership
from ingestion.repair import Repairer
from ingestion.spool import Spool
from ingestion.states import StateBoard

_KEEP_ALIVE_S = 15.0
_STOPPING = frozenset({"license_required", "http_401", "http_403"})


class ServerLink:
    """Keeps one link open and its connections joined. `update` changes them while it runs."""

    def __init__(
        self,
        spool: Spool,
        states: StateBoard,
        repairer: Repairer,
        ownership: Ownership,
        crew: Crew,
        metrics: Metrics,
        allowed: Networks,
        allowance: Allowance,
    ) -> None:
        self._spool = spool
        self._states = states
        self._repairer = repairer
        self._ownership = ownership
        self._crew = crew
        self._metrics = metrics
        self._allowed = allowed
        self._allowance = allowance
        self._routes: dict[str, Held] = {}
        self._open: dict[str, Held] = {}  # those of the routes whose packets are taken
        self._refusals: set[str] = set()  # those that wait for a person
        self._gaps: dict[UUID, OpenGap] = {}
        self._repairs: dict[UUID, asyncio.Task[None]] = {}
        self._link: Link | None = None
        self._retry = asyncio.Event()
        self._cause = "start"
        self._lost_because: str | None = None
        self._unreadable = 0
        self._is_global = False  # the server emits every instance's events on the root namespace

    def update(self, connections: Iterable[Held]) -> None:
        """The connections that should be joined from now on; leases may have new fences."""
        wanted = {held.namespace: held for held in connections}
        for namespace in self._routes.keys() - wanted.keys():
            self._leave(namespace)
            self._refusals.discard(namespace)
        added = wanted.keys() - self._routes.keys()
        self._routes = wanted
        self._sort_out()
        if self._link is not None:
            for namespace in added:
                self._join_later(self._link, namespace)

    def _sort_out(self) -> None:
        # Replaced, not changed: arrivals in the spool keep the routes that they came under.
        self._open = {
            namespace: held
            for namespace, held in self._routes.items()
            if namespace not in self._refusals and self._ownership.is_proven(held)
        }

    def retry(self) -> None:
        """Try again after a refusal, because something was changed."""
        self._retry.set()
        waiting, self._refusals = self._refusals, set()
        self._sort_out()
        if self._link is not None:
            for namespace in waiting & self._routes.keys():
                self._join_later(self._link, namespace)

    def reopen(self) -> None:
        """End the link, so that it is opened anew: the server seems not to tell us everything."""
        if self._link is not None:
            self._lost_because = "silent"
            self._link.abort()

    async def run(self) -> None:
        """Keep the link open until cancelled."""
        backoff = Backoff()
        try:
            while True:
                started = time.monotonic()
                reason = await self._once()
                reason, self._lost_because = self._lost_because or reason, None
                backoff.held_for(time.monotonic() - started)
                self._metrics.links_lost.inc()
                self._cause = "reconnect"
                self._set_all("offline", reason)
                await asyncio.sleep(backoff.next_wait())
        finally:
            self._stop_repairs()

    async def _once(self) -> str:
        """Connect and read until the link ends; answers why. A refusal waits for `retry`."""
        self._retry.clear()
        try:
            for held in list(self._routes.values()):
                await self._begin_gap(held)
            self._set_all("connecting", None)
            await self._connect_and_read()
        except EvolutionRefused as refused:
            await self._refused(refused.reason)
            return refused.reason
        except AddressNotAllowed as error:
            await self._refused(error.code)
            return error.code
        except UpstreamTransient as error:
            return "link_lost" if self._link is not None else error.detail[:80]
        except AWAY:
            return "database_away"
        finally:
            self._link = None
            self._stop_repairs()
        return "ended"

    async def _connect_and_read(self) -> None:
        first = next(iter(self._routes.values()))
        url, token, allowance = first.listening.server_url, first.token, self._allowance
        address = await checked_address(url, allowed=self._allowed)
        async with await connect(url, token, allowance=allowance, host=address.host, port=address.port) as link:
            self._link, self._unreadable = link, 0
            self._set_all("joining", None)
            for namespace in self._routes.keys() - self._refusals:
                if namespace in self._open:
                    self._join(link, namespace)
                else:
                    self._join_later(link, namespace)
            await self._read(link)

    async def _read(self, link: Link) -> None:
        while True:
            heard = await link.receive()
            if isinstance(heard, Packet):
                await self._hand_over(link, heard)
            elif isinstance(heard, Joined):
                self._joined(heard.namespace)
            else:
                self._left(heard)

    async def _hand_over(self, link: Link, packet: Packet) -> None:
        self._metrics.frames.inc()
        if link.protocol_errors > self._unreadable:
            self._metrics.rejected.labels("unreadable").inc(link.protocol_errors - self._unreadable)
            self._unreadable = link.protocol_errors
        if packet.namespace == ROOT and not self._is_global:
            self._hear_all()
        size = getsizeof(packet.payload) + sum(map(len, packet.attachments))
        arrival = Arrival(self._open, packet, datetime.now(UTC), size)
        while not self._spool.offer(arrival):
            try:
                async with asyncio.timeout(_KEEP_ALIVE_S):
                    await self._spool.wait_for_space()
            except TimeoutError:
                await link.keep_alive()

    def _hear_all(self) -> None:
        """The first event on the root namespace: in global mode an instance need not have a namespace of its own."""
        self._is_global = True
        for namespace, held in self._open.items():
            if self._states.state_of(held.id) == "joining":
                self._joined(namespace)

    async def _begin_gap(self, held: Held) -> None:
        gap = await self._repairer.begin(held, self._cause)
        if gap is not None:
            self._gaps[held.id] = gap

    def _join(self, link: Link, namespace: str) -> None:
        link.join(namespace)  # also in global mode, which may be over since the link was lost
        if self._is_global:
            self._joined(namespace)

    def _join_later(self, link: Link, namespace: str) -> None:
        """Join a connection whose token has to prove first that it is the instance's; its gap is opened before."""
        held = self._routes[namespace]

        async def prove_and_join() -> None:
            self._states.set(held, "joining")
            if not await self._proves(held):
                return
            self._sort_out()
            if self._link is not link or namespace not in self._open:
                return
            self._join(link, namespace)

        self._task(held, prove_and_join)

    async def _proves(self, held: Held) -> bool:
        """Wait until the server has told whose the token is; False when it is not the instance's."""
        try:
            await self._ownership.wait_for_proof(
                held, lambda: self._begin_gap(held), lambda why: self._states.set(held, "joining", why)
            )
        except (EvolutionRefused, AddressNotAllowed) as error:
            await self._refuse(held, error.reason if isinstance(error, EvolutionRefused) else error.code)
            return False
        return True

    async def _refuse(self, held: Held, reason: str) -> None:
        """The server refuses this one connection for good; the others of the link go on."""
        gap = self._gaps.pop(held.id, None)
        self._refusals.add(held.namespace)
        self._sort_out()
        self._leave(held.namespace)
        self._states.set(held, "refused", reason)
        if gap is not None:
            await self._repairer.give_up(gap, reason)

    def _joined(self, namespace: str) -> None:
        held = self._open.get(namespace)
        if held is None:
            return
        self._states.set(held, "backfilling")
        self._task(held, lambda: self._repair(held))

    def _left(self, left: Left) -> None:
        held = self._open.get(left.namespace)
        if held is None or self._is_global:
            return
        if self._states.state_of(held.id) in ("live", "backfilling"):
            self._task(held, lambda: self._begin_gap(held))  # it was joined: what comes until it is again is missed
        self._states.set(held, "joining", left.reason)

    async def _repair(self, held: Held) -> None:
        try:
            gap = self._gaps.get(held.id) or await self._repairer.begin(held, "join")
            if gap is not None:
                await self._repairer.repair(held, gap)
                self._gaps.pop(held.id, None)
            self._states.set(held, "live")
        except EvolutionRefused as refused:
            self._gaps.pop(held.id, None)
            if refused.reason in _STOPPING:
                await self._refuse(held, refused.reason)
            else:  # the token is ours; this server does not give old messages
                self._states.set(held, "live", f"no_repair_{refused.reason}")
        except AddressNotAllowed as error:
            await self._refuse(held, error.code)

    def _task(self, held: Held, work: Callable[[], Awaitable[None]]) -> None:
        before = self._repairs.pop(held.id, None)
        if before is not None:
            before.cancel()
        self._repairs[held.id] = asyncio.create_task(self._crew.keep("repair", work))

    def _leave(self, namespace: str) -> None:
        held = self._routes.get(namespace)
        if held is not None:
            task = self._repairs.pop(held.id, None)
            if task is not None and task is not asyncio.current_task():
                task.cancel()
            self._gaps.pop(held.id, None)
        if self._link is not None and namespace != ROOT:
            self._link.leave(namespace)

    async def _refused(self, reason: str) -> None:
        self._set_all("refused", reason)
        await self._retry.wait()

    def _set_all(self, state: ConnectionState, reason: str | None) -> None:
        for namespace, held in self._routes.items():
            if namespace not in self._refusals:
                self._states.set(held, state, reason)

    def _stop_repairs(self) -> None:
        for task in self._repairs.values():
            task.cancel()
        self._repairs.clear()
