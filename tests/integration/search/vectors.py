"""Vectors of known likeness, kept and searched as the product does, and indexes of the kind that a test is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.embeddings.repository import TextToEmbed, store_vectors
from evosense.search import index_kinds, index_trial, tiers
from evosense.search.index_kinds import IndexKind
from tests.integration.search.corpus import START

MODEL = "c1:tiers"
Vectors = NDArray[np.float32]


def directions(count: int, seed: int) -> Vectors:
    """Unit vectors (float32, shape (count, 768)) that have nothing to do with each other."""
    found = np.random.default_rng(seed).normal(size=(count, 768)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def likes(each: int = 60, seed: int = 0) -> Vectors:
    """Unit vectors (float32, shape (10 * each, 768)) around ten middles, the same for every seed."""
    found = np.vstack([middle + 0.1 * directions(each, seed + at) for at, middle in enumerate(directions(10, 5))])
    return found / np.linalg.norm(found, axis=1, keepdims=True)


async def store(pool: AsyncPool, tenant_id: UUID, vectors: Vectors, model: str = MODEL) -> list[UUID]:
    """Keep vectors of new messages; answers the messages' ids."""
    ids = [new_id() for _ in vectors]
    await store_again(pool, tenant_id, ids, vectors, model)
    return ids


async def store_again(pool: AsyncPool, tenant_id: UUID, ids: list[UUID], vectors: Vectors, model: str = MODEL) -> None:
    """Keep vectors of these messages, in the place of former ones."""
    async with pool.connection() as connection:
        texts = [TextToEmbed(tenant_id, message_id, "x", START.date()) for message_id in ids]
        await store_vectors(connection, texts, vectors, model)


async def nearest(pool: AsyncPool, tenant_id: UUID, vector: Vectors, wanted: int = 5, model: str = MODEL) -> list[UUID]:
    """The messages that search finds nearest to a vector, asked by the tenant itself."""
    text = "[" + ",".join(str(value) for value in vector) + "]"
    async with tenant_transaction(pool, Actor(tenant_id, None, "analyst")) as connection:
        rows = await (
            await connection.execute(
                "select message_id from app.near_messages(%s, %s, %s, null, null, %s)", (tenant_id, text, model, wanted)
            )
        ).fetchall()
    return [row[0] for row in rows]


def favour(monkeypatch: pytest.MonkeyPatch, tier: str) -> None:
    """One kind of index wins whenever it finds enough: which one is the quicker is chance among so few vectors."""

    def weighed(kind: IndexKind) -> IndexKind:
        return replace(kind, upkeep=0.001 if kind.tier == tier else 1000.0)

    def made(make: Callable[[int], IndexKind]) -> Callable[[int], Any]:
        return lambda vectors: weighed(make(vectors))

    monkeypatch.setattr(index_trial, "is_quicker", lambda _share: True)
    monkeypatch.setattr(tiers, "GRAPH", weighed(index_kinds.GRAPH))
    monkeypatch.setattr(tiers, "lists", made(index_kinds.lists))
    monkeypatch.setattr(tiers, "places", made(index_kinds.places))
