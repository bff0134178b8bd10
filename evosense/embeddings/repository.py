"""Texts to embed and vectors to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.ai.tasks import Task
from evosense.db.arrays import array
from evosense.db.named_queries import load
from evosense.embeddings.wire import HalfvecArray

_QUERIES = load("evosense.embeddings")
_HALFVEC_TYPES: WeakKeyDictionary[AsyncConnection[Any], int] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class TextToEmbed:
    """A message's redacted text with the tenant's local day."""

    tenant_id: UUID
    message_id: UUID
    text: str
    local_day: date


async def read_texts(connection: AsyncConnection[Any], tasks: Sequence[Task]) -> dict[tuple[UUID, UUID], TextToEmbed]:
    """Texts by (tenant, message); a message without text, or of a plan without embeddings, is missing."""
    params = {
        "tenant_ids": array(UUID, [task.tenant_id for task in tasks]),
        "message_ids": array(UUID, [task.message_id for task in tasks]),
    }
    async with connection.cursor(row_factory=class_row(TextToEmbed)) as cursor:
        await cursor.execute(_QUERIES["read_texts"], params)
        return {(row.tenant_id, row.message_id): row for row in await cursor.fetchall()}


async def store_vectors(
    connection: AsyncConnection[Any],
    texts: Sequence[TextToEmbed],
    vectors: NDArray[np.float32],
    config_hash: str,
) -> None:
    """Keep `vectors` (float32, shape (len(texts), 768)) of one model; a message's former one is replaced."""
    if not texts:
        return
    days = sorted({(text.tenant_id, text.local_day) for text in texts})
    params = {
        "tenant_ids": array(UUID, [text.tenant_id for text in texts]),
        "message_ids": array(UUID, [text.message_id for text in texts]),
        "vectors": HalfvecArray(vectors, await _halfvec_type(connection)),
        "day_tenant_ids": array(UUID, [tenant_id for tenant_id, _ in days]),
        "local_days": array(date, [day for _, day in days]),
        "config_hash": config_hash,
    }
    await connection.execute(_QUERIES["store_vectors"], params)


async def _halfvec_type(connection: AsyncConnection[Any]) -> int:
    """The type's number in this connection's database, asked for once."""
    if connection not in _HALFVEC_TYPES:
        row = await (await connection.execute(_QUERIES["halfvec_type"])).fetchone()
        _HALFVEC_TYPES[connection] = int(row[0]) if row else 0
    return _HALFVEC_TYPES[connection]


@dataclass(frozen=True, slots=True)
class DayCoverage:
    """How far the embedding of a local day is."""

    local_day: date
    eligible: int
    embedded: int
    waiting: int


async def enqueue_missing(
    connection: AsyncConnection[Any], first: date, last: date, config_hash: str, tenant_id: UUID | None = None
) -> int:
    """Ask for vectors missing on local days first..last; answers how many messages. Wakes nobody."""
    params = {"first": first, "last": last, "config_hash": config_hash, "tenant_id": tenant_id}
    row = await (await connection.execute(_QUERIES["enqueue_missing"], params)).fetchone()
    return int(row[0]) if row else 0


async def coverage(
    connection: AsyncConnection[Any], first: date, last: date, config_hash: str, tenant_id: UUID | None = None
) -> list[DayCoverage]:
    """Coverage of each local day of first..last that has anything to embed."""
    params = {"first": first, "last": last, "config_hash": config_hash, "tenant_id": tenant_id}
    async with connection.cursor(row_factory=class_row(DayCoverage)) as cursor:
        await cursor.execute(_QUERIES["coverage"], params)
        return await cursor.fetchall()
