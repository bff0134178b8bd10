"""The part of a flush that is about messages: themselves, then body, media and origin of those that are new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.messages.batch import Batch, BodyRow, MediaRow, MessageRow, OriginRow, Place
from evosense.messages.tasks import Timed

_QUERIES = load("evosense.messages")


class _Stored(NamedTuple):
    """A message that is new or got a better time: a row of query `insert_messages`."""

    tenant_id: UUID
    id: UUID
    chat_identity_id: UUID
    connection_id: UUID
    sent_at: datetime
    former_sent_at: datetime | None
    external_id: str
    is_changed: bool


class Written(NamedTuple):
    """What became of the messages of a batch.

    `timed` changed their day's figures, `new` are those that were not there, `changed` those whose edits or deletions
    had come before.
    """

    timed: list[Timed]
    new: list[MessageRow]
    changed: list[Place]


class SentMessages:
    """Messages that were sent; the rest follows with `finish`, once it is known which are new."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._stored: AsyncCursor[Any] | None = None

    @classmethod
    async def send(cls, connection: AsyncConnection[Any], batch: Batch) -> SentMessages:
        """Send the messages of a batch."""
        sent = cls(batch)
        if batch.messages:
            parameters = arrays(MessageRow, batch.messages.values())
            sent._stored = await connection.execute(_QUERIES["insert_messages"], parameters)
        return sent

    async def finish(self, connection: AsyncConnection[Any]) -> Written:
        """Send what belongs to them."""
        batch = self._batch
        stored = [_Stored(*row) for row in await self._stored.fetchall()] if self._stored is not None else []
        ids = {row.id for row in stored}
        fresh = {key: row for key, row in batch.messages.items() if row.id in ids}
        await _send(connection, "insert_bodies", BodyRow, [batch.bodies[key] for key in fresh])
        await _send(connection, "insert_media", MediaRow, [batch.media[key] for key in fresh if key in batch.media])
        timed = [Timed(*row[:6]) for row in stored]
        if batch.sent_by_api:
            timed += await self._tell_origins(connection, fresh.values())
        changed = [Place(row.tenant_id, row.connection_id, row.external_id) for row in stored if row.is_changed]
        return Written(timed, list(fresh.values()), changed)

    async def _tell_origins(self, connection: AsyncConnection[Any], fresh: Iterable[MessageRow]) -> list[Timed]:
        """Send that messages are from the API; answers those that were known before without that."""
        by_api = self._batch.sent_by_api
        new = {place: row.id for row in fresh if row.from_me and (place := row.place) in by_api}
        origins = [OriginRow(place.tenant_id, message_id) for place, message_id in new.items()]
        await _send(connection, "insert_origins", OriginRow, origins)
        if not (known := by_api - new.keys()):
            return []
        places = arrays(Place, sorted(known))
        return [Timed(*row) for row in await (await connection.execute(_QUERIES["tell_origins"], places)).fetchall()]


async def _send(
    connection: AsyncConnection[Any], query: str, row_type: type[tuple[Any, ...]], rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        await connection.execute(_QUERIES[query], arrays(row_type, rows))
