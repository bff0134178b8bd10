"""The inbox: what was heard becomes rows, in one transaction per flush.

Idempotent: the same events, however often and in whatever order, leave the same rows. An event counts as received only
when `store` has returned. A row that the database refuses costs only its own event: the flush is split until the
culprit is alone, which is then kept as a raw event with an entry in app.failed_task.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.errors import DeadlockDetected, SerializationFailure

from evosense.db.arrays import arrays
from evosense.db.database import AWAY, AsyncPool
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.db.pipelined import pipelined
from evosense.live.publish import send_events
from evosense.log import get_logger
from evosense.messages.batch import Batch, LastHeard, RawRow
from evosense.messages.door import Question, TurnedAway, TurnedAwayError
from evosense.messages.identities import AddressBook
from evosense.messages.models import Heard, Stored
from evosense.messages.normalise import Normaliser
from evosense.messages.repeats import Repeats
from evosense.messages.store_changes import SentChanges
from evosense.messages.store_messages import SentMessages
from evosense.messages.store_people import SentPeople, settle_versions
from evosense.messages.tasks import DirtyRow, TaskRow, dirty_of, live_events_of, tasks_of

_QUERIES = load("evosense.messages")
_TRIES: Final = 5
_TOUCH_EVERY: Final = timedelta(seconds=10)
_log = get_logger(__name__)


class Inbox:
    """Stores what was heard. One per process; `store` is not reentrant for the same batch, but may run concurrently."""

    def __init__(self, pool: AsyncPool) -> None:
        self._pool = pool
        self._book = AddressBook()
        self._normaliser = Normaliser(self._book)
        self._repeats = Repeats()
        self._touched: dict[UUID, datetime] = {}

    async def store(self, heard: Sequence[Heard]) -> Stored:
        """Store a batch durably.

        Raises:
            psycopg.Error: the database is away, or takes nothing (rights, tables): call again with the same batch. What
                of it was written by then is the same when it comes again.
        """
        if not heard:
            return Stored()
        try:
            return await self._try(list(heard))
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever an event provokes must not cost its neighbours
            return await self._split(list(heard), error)

    async def _try(self, heard: list[Heard]) -> Stored:
        away = TurnedAway()
        tries = 0
        while True:
            try:
                async with pipelined(self._pool) as connection:
                    batch, stored = await self._flush(connection, away.lets_in(heard), away)
            except TurnedAwayError as error:
                away = error.away
            except (DeadlockDetected, SerializationFailure):
                # Rows are sorted, so this is rare: two processes edit the same messages at the same time.
                tries += 1
                if tries == _TRIES:
                    raise
                await asyncio.sleep(random.uniform(0, 0.05))  # noqa: S311 - lets the other one finish
            else:
                self._repeats.remember(batch.raws)
                return stored

    async def _split(self, heard: list[Heard], error: Exception) -> Stored:
        if len(heard) > 1:
            middle = len(heard) // 2
            stored = await self.store(heard[:middle])
            stored.add(await self.store(heard[middle:]))
            return stored
        item = heard[0]
        if len(item.events) > 1:
            stored = Stored()
            for event in item.events:
                alone = Heard(item.recipient, item.transport, [event], item.fence, item.raw_id)
                stored.add(await self.store([alone]))
            return stored
        _log.error(
            "event_not_stored", error_class=type(error).__name__, connection_id=str(item.recipient.connection_id)
        )
        return await self._keep_raw(item, type(error).__name__)

    async def _keep_raw(self, item: Heard, error_class: str) -> Stored:
        """Keep an event that could not become rows, as it was heard, unless it is there already.

        One that is kept in no form must not count as received: only where it is itself at fault it is given up.
        """
        if item.raw_id is not None:
            return Stored(failed=1)
        # Copies: what was heard must still be a message when it comes again.
        unread = [msgspec.structs.replace(event, action="unknown", problem=error_class) for event in item.events]
        stored = Stored(failed=1)
        try:
            batch = self._normaliser.batch([msgspec.structs.replace(item, events=unread)])
            async with self._pool.connection() as connection, connection.transaction():
                cursor = await _run(connection, "insert_raw_events", RawRow, batch.raws)
                stored.raw_events = cursor.rowcount if cursor else 0
                for raw in batch.raws:
                    await connection.execute(_QUERIES["record_failure"], _failure(raw, error_class))
        except Exception as error:
            if isinstance(error, psycopg.Error) and not isinstance(error, (psycopg.DataError, psycopg.IntegrityError)):
                raise
            _log.error("event_dropped", error_class=type(error).__name__)
        return stored

    async def _flush(
        self, connection: AsyncConnection[Any], heard: list[Heard], away: TurnedAway
    ) -> tuple[Batch, Stored]:
        """Two trips, where nothing was edited: what stands by itself, then what depends on its answers."""
        await settle_versions(connection, self._book, heard)
        batch = self._normaliser.batch(heard, away.erased, self._repeats)
        door = await Question.ask(connection, heard, frozenset(self._normaliser.address_hmacs(heard)), away)
        stored = Stored(refused=batch.refused, fenced=set(away.fenced))
        if not batch.last_heard:
            await door.answer()
            return batch, stored
        raws = await _run(connection, "insert_raw_events", RawRow, batch.raws)
        people = await SentPeople.send(connection, batch, self._normaliser.people)
        messages = await SentMessages.send(connection, batch)
        changes = await SentChanges.send(connection, batch)

        await door.answer()
        threads = await people.finish(connection)
        timed, new, changed = await messages.finish(connection)
        stored.changes, settled = await changes.finish(connection, changed)
        tasks = tasks_of(batch, new, settled)
        await _run(connection, "enqueue_tasks", TaskRow, tasks)
        await _run(connection, "mark_dirty", DirtyRow, dirty_of(batch, timed, settled))
        await self._touch(connection, batch)
        if events := live_events_of(batch, new, threads):
            await send_events(connection, events)
        stored.raw_events = len(await raws.fetchall()) if raws else 0
        stored.messages, stored.tasks = len(new), len(tasks)
        return batch, stored

    async def _touch(self, connection: AsyncConnection[Any], batch: Batch) -> None:
        """Note when connections were last heard, at most every ten seconds each: gap repair starts a minute earlier."""
        due = [
            LastHeard(batch.recipients[connection_id].tenant_id, connection_id, at)
            for connection_id, at in sorted(batch.last_heard.items())
            if connection_id not in self._touched or at - self._touched[connection_id] >= _TOUCH_EVERY
        ]
        await _run(connection, "touch_connections", LastHeard, due)
        self._touched.update((row.connection_id, row.at) for row in due)


def _failure(raw: RawRow, error_class: str) -> dict[str, Any]:
    return {"tenant_id": raw.tenant_id, "id": new_id(), "subject_id": raw.id, "error_class": error_class}


async def _run(
    connection: AsyncConnection[Any], query: str, row_type: type[tuple[Any, ...]], rows: Collection[tuple[Any, ...]]
) -> AsyncCursor[Any] | None:
    """Send rows to a statement, if there are any."""
    return await connection.execute(_QUERIES[query], arrays(row_type, rows)) if rows else None
