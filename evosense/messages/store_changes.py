"""The part of a flush that is about edits, deletions, statuses and reactions, and about bodies that follow them."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.messages.batch import Batch, ChangeRow, Place
from evosense.messages.tasks import Settled

_QUERIES = load("evosense.messages", "changes.sql")


class SentChanges:
    """Changes that were sent; bodies follow them with `finish`, once new messages have theirs."""

    def __init__(self) -> None:
        self._new: AsyncCursor[Any] | None = None
        self._changed: AsyncCursor[Any] | None = None

    @classmethod
    async def send(cls, connection: AsyncConnection[Any], batch: Batch) -> SentChanges:
        """Send changes, and ask which messages were ever changed.

        Messages that were stored just now are asked about too: their edits may have come before them.
        """
        sent = cls()
        if batch.changes:
            sent._new = await connection.execute(_QUERIES["insert_changes"], arrays(ChangeRow, batch.changes.values()))
        if touched := batch.touched():
            sent._changed = await connection.execute(_QUERIES["changed_places"], arrays(Place, touched))
        return sent

    async def finish(self, connection: AsyncConnection[Any]) -> tuple[int, list[Settled]]:
        """Let bodies follow; answers how many changes were new, and the messages whose body changed."""
        new = len(await self._new.fetchall()) if self._new is not None else 0
        changed = await self._changed.fetchall() if self._changed is not None else []
        if not changed:
            return new, []
        rows = await (await connection.execute(_QUERIES["settle_bodies"], arrays(Place, sorted(changed)))).fetchall()
        return new, [Settled(*row) for row in rows]
