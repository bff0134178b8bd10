"""The axes of a tenant's vectors: the 128 directions along which they lie most, learned from its own alone.

A vector's inner products with them are its place (`app.message_embedding.axes`). Places tell nearly as well what is
near as whole vectors do, in a sixth of the bytes; how nearly depends on the model and is measured.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection

from evosense.ai.protocols import EMBEDDING_DIMENSIONS
from evosense.db.named_queries import load
from evosense.embeddings.wire import Halfvec, from_binary

_QUERIES = load("evosense.search", "axes.sql")
AXES: Final = 128
_SAMPLE: Final = 4_000
_QUESTIONS: Final = 64
Vectors = NDArray[np.float32]


async def read_sample(connection: AsyncConnection[Any], place: dict[str, Any], vectors: int) -> Vectors:
    """Some 4,000 (float32, shape (n, 768)) of a tenant's vectors of one model, or all.

    Args:
        connection: to the database.
        place: tenant_id, shelf and config_hash of the vectors.
        vectors: how many there are.
    """
    return await _read(connection, "sample", {**place, "share": _SAMPLE / max(1, vectors)})


async def read(connection: AsyncConnection[Any], place: dict[str, Any]) -> Vectors:
    """The axes that the vectors have now: float32, shape (128, 768), or (0, 768) where they have none."""
    return await _read(connection, "axes", place)


async def _read(connection: AsyncConnection[Any], query: str, params: dict[str, Any]) -> Vectors:
    cursor = await connection.execute(_QUERIES[query], params)
    return from_binary([row[0] for row in await cursor.fetchall()], EMBEDDING_DIMENSIONS)


def learn(sample: Vectors) -> Vectors:
    """The axes of a sample: float32, shape (128, 768), the strongest first."""
    _, directions = np.linalg.eigh(sample.T @ sample)  # the strongest last
    return np.ascontiguousarray(directions[:, : -AXES - 1 : -1].T)


def share_found(axes: Vectors, sample: Vectors, nearest: int, handed_over: int) -> float:
    """Of the `nearest` to each of a few of the sample, the share that is among the `handed_over` by place.

    It is no greater among all vectors than among a sample of them; 0 without axes.
    """
    if not len(axes):
        return 0.0
    few = slice(None, None, max(1, len(sample) // _QUESTIONS))  # old ones and new ones: they come as they were written
    questions, places = sample[few], sample @ axes.T
    truth = np.argsort(questions @ sample.T, axis=1)[:, -nearest:]
    found = np.argsort(places[few] @ places.T, axis=1)[:, -handed_over:]
    hits = sum(len(np.intersect1d(*pair)) for pair in zip(truth, found, strict=True))
    return hits / max(1, truth.size)


async def lay(connection: AsyncConnection[Any], place: dict[str, Any], axes: Vectors) -> None:
    """Put the axes in the place of former ones and all vectors on them; writers wait until the transaction ends."""
    await connection.execute(_QUERIES["hold_shelf"], place)
    await forget(connection, place)
    rows = [{**place, "axis": number, "direction": Halfvec(axis)} for number, axis in enumerate(axes)]
    async with connection.cursor() as cursor:
        await cursor.executemany(_QUERIES["add"], rows)
    await connection.execute(_QUERIES["place"], place)


async def forget(connection: AsyncConnection[Any], place: dict[str, Any]) -> None:
    """The vectors have no axes any more; what is written costs nothing for them."""
    await connection.execute(_QUERIES["forget"], place)


async def forget_unused(connection: AsyncConnection[Any]) -> None:
    """Axes go with the last vector of their model."""
    await connection.execute(_QUERIES["forget_unused"])
