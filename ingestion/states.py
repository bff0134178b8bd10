"""States of connections on their way to the database: coalesced, so that a flapping server writes a few rows only."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from evosense.connections.models import ConnectionState, StateChange
from evosense.connections.repository import set_states
from evosense.db.database import AWAY, AsyncPool
from evosense.live.publish import publish
from evosense.log import get_logger
from ingestion.held import Held

_QUIET_S = 0.2
_RETRY_S = 2.0
_JOINED = frozenset(("backfilling", "live"))
_log = get_logger(__name__)


class StateBoard:
    """The latest state of each connection; `run` writes what changed."""

    def __init__(self, pool: AsyncPool) -> None:
        self._pool = pool
        self._pending: dict[UUID, StateChange] = {}
        self._now: dict[UUID, tuple[ConnectionState, str | None]] = {}
        self._held: dict[UUID, Held] = {}
        self._joined_at: dict[UUID, datetime] = {}
        self._changed = asyncio.Event()

    def set(self, held: Held, state: ConnectionState, reason: str | None = None) -> None:
        """The listener's own state of a connection."""
        if self._now.get(held.id) == (state, reason):
            return
        if state in _JOINED and self.state_of(held.id) not in _JOINED:
            self._joined_at[held.id] = datetime.now(UTC)
        self._now[held.id] = (state, reason)
        self._held[held.id] = held
        _log.info("connection_state", connection_id=str(held.id), state=state, why=reason)
        before = self._pending.get(held.id)
        phone = before.whatsapp_state if before else None
        self._pending[held.id] = StateChange(held.recipient.tenant_id, held.id, state, reason, phone)
        self._changed.set()

    def phone(self, held: Held, whatsapp_state: str) -> None:
        """What the server says of the phone behind a connection."""
        before = self._pending.get(held.id)
        state, reason = (before.state, before.reason) if before else (None, None)
        self._pending[held.id] = StateChange(held.recipient.tenant_id, held.id, state, reason, whatsapp_state[:40])
        self._changed.set()

    def forget(self, connection_id: UUID) -> None:
        """Another listener speaks for the connection now."""
        self._pending.pop(connection_id, None)
        self._now.pop(connection_id, None)
        self._joined_at.pop(connection_id, None)
        self._held.pop(connection_id, None)

    def all_offline(self, reason: str) -> None:
        """Nobody listens any more; refusals stay as they are, they need a person."""
        for connection_id, (state, _) in list(self._now.items()):
            held = self._held.get(connection_id)
            # A webhook is received by the API, whoever listens.
            if held is not None and state != "refused" and held.listening.transport != "webhook":
                self.set(held, "offline", reason)

    def state_of(self, connection_id: UUID) -> ConnectionState | None:
        """The state that was set last."""
        known = self._now.get(connection_id)
        return known[0] if known else None

    def joined_at(self, connection_id: UUID) -> datetime | None:
        """When it was joined last: what the server stored before is for the repair to fetch."""
        return self._joined_at.get(connection_id)

    def counts(self) -> Counter[str]:
        """How many connections are in which state."""
        return Counter(state for state, _ in self._now.values())

    async def run(self) -> None:
        """Write changes until cancelled."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(_QUIET_S)  # what flaps meanwhile is one write
            try:
                await self.flush()
            except AWAY as error:
                _log.warning("states_wait", error_class=type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def flush(self) -> None:
        """Write what changed. Raises psycopg.Error, keeping what was not written."""
        self._changed.clear()
        taken, self._pending = self._pending, {}
        try:
            async with self._pool.connection() as connection, connection.transaction():
                events = await set_states(connection, [taken[key] for key in sorted(taken)])
                await publish(connection, events)
        except BaseException:
            self._pending = {**taken, **self._pending}
            self._changed.set()
            raise
