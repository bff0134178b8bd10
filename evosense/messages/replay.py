"""Driving raw events again, after a fault of ours was mended.

They take the same road as live ones, so the rows end up as if all had been right from the start. What is stored already
stays as it is, by the same rules as for any repetition. Times of receipt are those of then; retention, tombstones and
redaction are those of now. Media keys are not in raw events, so a message that is stored only now has its media's
address, but not what decrypts it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from evosense.connections.models import Listening
from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.events import decode_envelope, decode_records
from evosense.evolution.raw_gateway import decode_gateway_text
from evosense.evolution.wire_values import as_dict, as_list, as_text
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard, Stored
from evosense.messages.raw_events import unseal
from evosense.messages.recipients import recipient_of
from evosense.tenants.keyring import Keyring

_QUERIES = load("evosense.messages", "replay.sql")
_PAGE: Final = 500
_NIL: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which raw events: received in [since, until), of one tenant, connection or kind where these are given."""

    since: datetime
    until: datetime
    tenant_id: UUID | None = None
    connection_id: UUID | None = None
    event: str | None = None


@dataclass(slots=True)
class Replayed:
    """What came of it: raw events driven again, rows that are new by it, events that failed again."""

    events: int = 0
    messages: int = 0
    changes: int = 0
    failed: int = 0

    def add(self, events: int, stored: Stored) -> None:
        """Count a call of the inbox in."""
        self.events += events
        self.messages += stored.messages
        self.changes += stored.changes
        self.failed += stored.failed


class Replayer:
    """Drives raw events again; `pool` is in the pipeline's role."""

    def __init__(self, pool: AsyncPool, keyring: Keyring) -> None:
        self._pool = pool
        self._keyring = keyring
        self._inbox = Inbox(pool)

    async def replay(self, scope: Scope) -> Replayed:
        """Every raw event of a scope, oldest first. May be run again, and beside a listener."""
        total = Replayed()
        async for rows in self._pages(scope):
            heard = [await self._heard(row) for row in rows]
            total.add(len(rows), await self._inbox.store(heard))
        return total

    async def replay_failed(self, tenant_id: UUID | None = None) -> Replayed:
        """Every event that could not be stored, each alone; those that succeed are marked."""
        total = Replayed()
        after = _NIL
        while rows := await self._rows("failed_events", {"after_id": after, "tenant_id": tenant_id, "page": _PAGE}):
            for row in rows:
                stored = await self._inbox.store([await self._heard(row)])
                total.add(1, stored)
                await self._settle(row[0], row[16], succeeded=not stored.failed)
            after = rows[-1][16]
        return total

    async def ask_models_again(self, tenant_id: UUID | None = None) -> int:
        """Ask again for every score and embedding that was given up; answers how many."""
        ((asked,),) = await self._rows("ask_models_again", {"tenant_id": tenant_id})
        return int(asked)

    async def _pages(self, scope: Scope) -> AsyncGenerator[list[tuple[Any, ...]]]:
        values: dict[str, Any] = {
            "since": scope.since,
            "until": scope.until,
            "tenant_id": scope.tenant_id,
            "connection_id": scope.connection_id,
            "event": scope.event,
            "after_at": datetime(2000, 1, 1, tzinfo=UTC),
            "after_id": _NIL,
            "page": _PAGE,
        }
        while rows := await self._rows("raw_events", values):
            yield rows
            values |= {"after_at": rows[-1][15], "after_id": rows[-1][11]}

    async def _rows(self, query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        async with self._pool.connection() as connection, connection.transaction():
            return await (await connection.execute(_QUERIES[query], values)).fetchall()

    async def _settle(self, tenant_id: UUID, task_id: UUID, *, succeeded: bool) -> None:
        values = {"tenant_id": tenant_id, "task_id": task_id, "succeeded": succeeded}
        async with self._pool.connection() as connection:
            await connection.execute(_QUERIES["settle_failure"], values)

    async def _heard(self, row: tuple[Any, ...]) -> Heard:
        listening = Listening(*row[:11])
        raw_id, kind, transport, payload, received_at = row[11:16]
        async with self._pool.connection() as connection:
            keys = await self._keyring.keys(connection, listening.tenant_id)
        recipient = recipient_of(listening, keys)
        if transport == "raw_websocket":
            events = [_decode_gateway(unseal(keys, raw_id, payload), received_at, recipient.own_address)]
        else:
            events = _decode(unseal(keys, raw_id, payload), kind, transport, received_at)
        return Heard(recipient, transport, events, raw_id=raw_id)


def _decode_gateway(envelope: dict[str, Any], received_at: datetime, own_address: str | None) -> CanonicalEvent:
    data = envelope.get("data")
    text = data if isinstance(data, str) else orjson.dumps(data)  # one that was no JSON is kept as it was
    return decode_gateway_text(text, received_at=received_at, own_address=own_address)


def _decode(envelope: dict[str, Any], kind: str, transport: str, received_at: datetime) -> list[CanonicalEvent]:
    data = envelope.get("data")
    if kind == "unknown" and as_text(as_dict(data).get("event")):
        return decode_envelope(data, received_at=received_at)  # a kind that we may know by now
    # What an item's updates told has no item of its own.
    items = [item for item in as_list(data) if item is not None] if isinstance(data, list) else data
    if transport == "find_messages":
        instance = as_text(envelope.get("instance")) or ""
        return decode_records(as_list(items), instance=instance, received_at=received_at)
    return decode_envelope({**envelope, "data": items}, received_at=received_at)
