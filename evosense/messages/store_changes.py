"""The part of a flush that is about edits, deletions, statuses and reactions, and about bodies that follow them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.messages import meeting
from evosense.messages.batch import Batch, ChangeRow, Place
from evosense.messages.tasks import Settled

_QUERIES = load("evosense.messages", "changes.sql")


class SentChanges:
    """Changes that were sent; bodies follow them with `finish`, once new messages have theirs."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._new: AsyncCursor[Any] | None = None

    @classmethod
    async def send(cls, connection: AsyncConnection[Any], batch: Batch) -> SentChanges:
        """Send the changes of a batch."""
        sent = cls(batch)
        if batch.changes:
            sent._new = await connection.execute(_QUERIES["insert_changes"], arrays(ChangeRow, batch.changes.values()))
        return sent

    async def finish(self, connection: AsyncConnection[Any], before: Iterable[Place]) -> tuple[int, list[Settled]]:
        """Let bodies follow; answers how many changes were new, and the messages whose body changed.

        `before` are messages of this batch whose edits or deletions had come earlier.
        """
        new = len(await self._new.fetchall()) if self._new is not None else 0
        edited = self._batch.edited()
        changed = edited.union(before)
        if not changed:
            return new, []
        # Asked before bodies follow, so that what comes in between is found by either.
        missing = await _send(connection, "places_without_message", edited) if edited else None
        settled = await settle_bodies(connection, changed)
        if missing is not None and (early := [Place(*row) for row in await missing.fetchall()]):
            await meeting.wait_alone(connection, {place.connection_id for place in early})
            settled += await settle_bodies(connection, early)
        return new, settled


async def settle_bodies(connection: AsyncConnection[Any], places: Iterable[Place]) -> list[Settled]:
    """Let the bodies of these messages follow their edits and deletions; answers those that changed by it."""
    return [Settled(*row) for row in await (await _send(connection, "settle_bodies", places)).fetchall()]


async def _send(connection: AsyncConnection[Any], query: str, places: Iterable[Place]) -> AsyncCursor[Any]:
    return await connection.execute(_QUERIES[query], arrays(Place, sorted(places)))
