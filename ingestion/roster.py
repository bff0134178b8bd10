"""The roster: which connections there are, which of them this listener holds, and the links that serve them.

Every 3 s, and at the moment in which a lease of another listener ends: say that we live, renew our leases, take free
connections up to our fair share (all connections divided by living listeners), give back what is more. Connections are
read again when NOTIFY says that they changed, at the latest every 15 s.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import psycopg

from evosense.connections import leases
from evosense.connections.models import CHANNEL, Lease, Listening, StateChange, Transport
from evosense.connections.repository import listening, open_token, set_states
from evosense.db.database import AWAY, AsyncPool, connect
from evosense.errors import ConfigurationError, NotFound
from evosense.live.publish import publish
from evosense.log import get_logger
from evosense.messages.recipients import recipient_of
from evosense.tenants.keyring import Keyring
from evosense.tenants.keys import MasterKey
from ingestion.held import Held
from ingestion.switchboard import Switchboard

_REREAD_S: Final = 15.0
_TRANSPORTS: Final[tuple[Transport, ...]] = ("socketio", "raw_websocket", "webhook")
_LISTEN_RETRY_S: Final = 2.0
_log = get_logger(__name__)


class Roster:
    """Holds leases and tells the switchboard which connections to serve."""

    def __init__(
        self, pool: AsyncPool, direct_url: str, master: MasterKey, owner: str, switchboard: Switchboard
    ) -> None:
        self._pool = pool
        self._direct_url = direct_url
        self._keyring = Keyring(master)
        self._owner = owner
        self._switchboard = switchboard
        self._known: dict[UUID, Listening] = {}
        self._leases: dict[UUID, Lease] = {}
        self._held: dict[UUID, Held] = {}
        self._wake = asyncio.Event()
        self._changed_tenants: set[UUID] = set()
        self._read_at = -math.inf
        self._rest_s = leases.RENEW_EVERY_S

    def fenced(self, connection_ids: set[UUID]) -> None:
        """Somebody else holds these now: let go of them at once."""
        for connection_id in connection_ids:
            self._leases.pop(connection_id, None)
        self._wake.set()

    async def run(self) -> None:
        """Keep the roster until cancelled. A database that is away is waited for; leases are kept meanwhile."""
        while True:
            self._wake.clear()
            try:
                await self._tick()
            except AWAY as error:
                _log.warning("roster_waits", error_class=type(error).__name__)
            try:
                async with asyncio.timeout(self._rest_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def watch(self) -> None:
        """Hear of changed connections until cancelled."""
        while True:
            try:
                async with await connect(
                    self._direct_url, "evosense_pipeline", application="evosense-listener"
                ) as heard:
                    await heard.execute(f"listen {CHANNEL}")
                    async for note in heard.notifies():
                        self._changed(note.payload)
            except AWAY:
                await asyncio.sleep(_LISTEN_RETRY_S)

    async def leave(self) -> None:
        """Give everything back."""
        async with self._pool.connection() as connection:
            await leases.farewell(connection, self._owner)

    def _changed(self, payload: str) -> None:
        self._read_at = -math.inf
        try:
            tenant_id = UUID(payload)
            self._changed_tenants.add(tenant_id)
            self._keyring.forget(tenant_id)
        except ValueError:
            _log.warning("odd_notification", channel=CHANNEL)
        self._wake.set()

    async def _tick(self) -> None:
        async with self._pool.connection() as connection:
            living = await leases.heartbeat(connection, self._owner)
            if time.monotonic() - self._read_at >= _REREAD_S:
                self._known = {found.id: found for found in await listening(connection, _TRANSPORTS)}
                self._read_at = time.monotonic()
            await self._renew(connection)
            await self._balance(connection, living)
            await self._open(connection)
            others_end = await leases.next_end(connection, self._owner)
        # A dead listener's leases are taken the moment they end, not up to three seconds later.
        self._rest_s = leases.RENEW_EVERY_S if others_end is None else min(leases.RENEW_EVERY_S, others_end + 0.05)
        retry, self._changed_tenants = self._changed_tenants, set()
        self._switchboard.serve(list(self._held.values()), retry)

    async def _renew(self, connection: psycopg.AsyncConnection[Any]) -> None:
        if not self._leases:
            return
        renewed = await leases.renew(connection, self._owner, self._leases.values())
        lost = set(self._leases) - {lease.connection_id for lease in renewed}
        if lost:
            _log.warning("leases_lost", connections=len(lost))
        self._leases = {lease.connection_id: lease for lease in renewed}

    async def _balance(self, connection: psycopg.AsyncConnection[Any], living: int) -> None:
        gone = [lease for connection_id, lease in self._leases.items() if connection_id not in self._known]
        await self._release(connection, gone)
        share = math.ceil(len(self._known) / living)
        surplus = len(self._leases) - share
        if surplus > 0:
            await self._release(connection, list(self._leases.values())[-surplus:])
        elif surplus < 0:
            places = [(x.tenant_id, x.id) for x in self._known.values() if x.id not in self._leases]
            free = await leases.free(connection, places) if places else []
            for lease in await leases.claim(connection, self._owner, free[:-surplus]):
                self._leases[lease.connection_id] = lease

    async def _release(self, connection: psycopg.AsyncConnection[Any], given: Iterable[Lease]) -> None:
        released = list(given)
        if not released:
            return
        for lease in released:
            self._leases.pop(lease.connection_id, None)
        await leases.release(connection, self._owner, released)

    async def _open(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Build what is held anew where connection, plan or lease changed."""
        held: dict[UUID, Held] = {}
        closed: list[StateChange] = []
        for connection_id, lease in self._leases.items():
            found = self._known[connection_id]
            opened = await self._open_one(connection, found, lease)
            if opened is not None:
                held[connection_id] = opened
                self._known[connection_id] = opened.listening  # read again, it says the same: one copy is enough
            else:  # no link speaks for it, so nobody else would say that it is not heard
                closed.append(StateChange(found.tenant_id, connection_id, "offline", "not_opened"))
        await publish(connection, await set_states(connection, closed))
        self._held = held

    async def _open_one(self, connection: psycopg.AsyncConnection[Any], found: Listening, lease: Lease) -> Held | None:
        try:
            keys = await self._keyring.keys(connection, found.tenant_id)
            before = self._held.get(found.id)
            if before and (before.lease, before.listening) == (lease, found) and before.recipient.keys is keys:
                return before
            token = open_token(keys, found.id, found.token_enc)
            recipient = recipient_of(found, keys)
        except (ConfigurationError, NotFound) as error:
            _log.error("connection_not_opened", connection_id=str(found.id), detail=error.detail)
            return None
        return Held(found, lease, recipient, token)
