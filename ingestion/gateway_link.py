"""A link to a plain raw-WebSocket gateway: one JSON text per message, Bearer token, no namespaces, no history.

What is missed while nobody listens is lost: the gateway can't be asked. Each such stretch is recorded as a lost gap.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from sys import getsizeof
from typing import cast
from urllib.parse import urlsplit, urlunsplit

import websockets
from websockets.asyncio.client import connect

from evosense.connections.addresses import AddressNotAllowed, checked_address
from evosense.db.database import AWAY
from evosense.errors import UpstreamTransient
from evosense.evolution.link import MAX_FRAME_BYTES
from evosense.evolution.read_ahead import Allowance, PacedConnection, paced
from evosense.evolution.refusals import EvolutionRefused, refusal
from evosense.settings import Networks
from ingestion.backoff import Backoff
from ingestion.held import Arrival, Held
from ingestion.metrics import Metrics
from ingestion.repair import Repairer
from ingestion.spool import Spool
from ingestion.states import StateBoard

_PING_S = 20


class GatewayLink:
    """Keeps the link of one gateway connection open; the same interface as ServerLink."""

    def __init__(
        self,
        spool: Spool,
        states: StateBoard,
        repairer: Repairer,
        metrics: Metrics,
        *,
        allowed: Networks,
        allowance: Allowance,
    ) -> None:
        self._spool = spool
        self._states = states
        self._repairer = repairer
        self._metrics = metrics
        self._allowed = allowed
        self._allowance = allowance
        self._held: Held | None = None
        self._retry = asyncio.Event()
        self._cause = "start"
        self._heard_until: datetime | None = None

    def update(self, connections: Iterable[Held]) -> None:
        """The connection to keep; a link of this kind has one."""
        self._held = next(iter(connections), self._held)

    def retry(self) -> None:
        """Try again after a refusal, because something was changed."""
        self._retry.set()

    def reopen(self) -> None:
        """Nothing: a gateway can't be asked, so nobody knows whether it is deaf."""

    async def run(self) -> None:
        """Keep the link open until cancelled."""
        backoff = Backoff()
        while (held := self._held) is not None:
            started = time.monotonic()
            self._retry.clear()
            try:
                await self._connect_and_read(held)
                reason = "link_lost"
            except (EvolutionRefused, AddressNotAllowed) as error:
                reason = error.reason if isinstance(error, EvolutionRefused) else error.code
                self._states.set(held, "refused", reason)
                await self._retry.wait()
            except (UpstreamTransient, OSError, TimeoutError, websockets.WebSocketException):
                reason = "link_lost"
            except AWAY:
                reason = "database_away"
            backoff.held_for(time.monotonic() - started)
            self._metrics.links_lost.inc()
            self._cause = "reconnect"
            self._states.set(held, "offline", reason)
            await asyncio.sleep(backoff.next_wait())

    async def _connect_and_read(self, held: Held) -> None:
        self._states.set(held, "connecting")
        gap = await self._repairer.begin(held, self._cause, heard_until=self._heard_until)
        url = held.listening.server_url
        address = await checked_address(url, allowed=self._allowed)
        try:
            socket = await connect(
                _websocket_url(url),
                additional_headers={"Authorization": f"Bearer {held.token}"},
                max_size=MAX_FRAME_BYTES,
                compression=None,  # 64 KB would unfold to 64 MB
                create_connection=paced(self._allowance),
                ping_interval=_PING_S,
                ping_timeout=None,  # it would end a link that stands still because the database does
                proxy=None,
                host=address.host,
                port=address.port,
            )
        except websockets.InvalidStatus as error:
            raise refusal(error.response.status_code, bytes(error.response.body or b"")) from error
        async with socket:
            if gap is not None:
                await self._repairer.give_up(gap, "the gateway keeps no messages that could be asked for")
            self._states.set(held, "live")
            watch = asyncio.create_task(_end_when_silent(cast("PacedConnection", socket)))
            try:
                async for frame in socket:
                    await self._hand_over(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))
            finally:
                watch.cancel()
                # A quiet night is no gap: only a dead link's last moments, before its pings went unanswered, are.
                self._heard_until = datetime.now(UTC) - timedelta(seconds=2 * _PING_S)

    async def _hand_over(self, text: str) -> None:
        held = self._held
        if held is None:
            return
        self._metrics.frames.inc()
        arrival = Arrival({held.namespace: held}, text, datetime.now(UTC), getsizeof(text))
        while not self._spool.offer(arrival):
            await self._spool.wait_for_space()


async def _end_when_silent(socket: PacedConnection) -> None:
    """Cut a link whose peer answers no ping any more."""
    while True:
        rest = 2 * _PING_S - socket.silent_s
        if rest <= 0:
            return socket.transport.abort()
        await asyncio.sleep(rest)


def _websocket_url(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(("wss" if parts.scheme == "https" else "ws", parts.netloc, parts.path or "/", "", ""))
