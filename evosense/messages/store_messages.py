"""The part of a flush that is about messages: themselves, then body, media and origin of those that are new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from evosense.db.arrays import arrays
from evosense.db.named_queries import load
from evosense.messages.batch import Batch, BodyRow, MediaRow, MessageRow, OriginRow, Place
from evosense.messages.tasks import Timed

_QUERIES = load("evosense.messages")


class SentMessages:
    """Messages that were sent; the rest follows with `finish`, once it is known which are new."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._timed: AsyncCursor[Any] | None = None

    @classmethod
    async def send(cls, connection: AsyncConnection[Any], batch: Batch) -> SentMessages:
        """Send the messages of a batch."""
        sent = cls(batch)
        if batch.messages:
            parameters = arrays(MessageRow, batch.messages.values())
            sent._timed = await connection.execute(_QUERIES["insert_messages"], parameters)
        return sent

    async def finish(self, connection: AsyncConnection[Any]) -> tuple[list[Timed], list[MessageRow]]:
        """Send what belongs to them; answers those that changed their day's figures, and the new ones."""
        batch = self._batch
        timed = [Timed(*row) for row in await self._timed.fetchall()] if self._timed is not None else []
        ids = {row.id for row in timed}
        fresh = {key: row for key, row in batch.messages.items() if row.id in ids}
        await _send(connection, "insert_bodies", BodyRow, [batch.bodies[key] for key in fresh])
        await _send(connection, "insert_media", MediaRow, [batch.media[key] for key in fresh if key in batch.media])
        if batch.sent_by_api:
            timed += await self._tell_origins(connection, fresh.values())
        return timed, list(fresh.values())

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
