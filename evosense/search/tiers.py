"""How each tenant's vectors are kept and searched, chosen by what is measured on them.

Small tenants share 16 list partitions; above 3,000 vectors a tenant gets one of its own, so that an exact scan reads
nothing of others. There an index of inverted lists is tried, and kept only while it finds 99.7 % of the true 20 nearest
(and 98 % of the 200 that hybrid search fuses), for the tenant's own messages and for foreign ones alike, in less time
than the exact scan.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.log import get_logger

_log = get_logger(__name__)
_QUERIES = load("evosense.search", "tiers.sql")
OWN_SHELF_ABOVE = 3_000
# On a sample: 0.7 points more than is wanted of the questions to come.
RECALL_WANTED = 0.997
_NEAREST = 20
_DEEP, _DEEP_RECALL_WANTED = 200, 0.98
_FIRST_OWN_SHELF = 16
# Shares of the lists that are looked into. Below half, questions that a tenant has no good answer to lose too much.
_SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
_OWN_QUESTIONS, _FOREIGN_QUESTIONS = 64, 16
_MOST_LISTS = 350  # 53 of the 64 MB of maintenance_work_mem; it grows with the square
# An index that was not good enough is tried again when there is half as much again.
_WORTH_ANOTHER_TRY = 1.5
_LOWEST_THRESHOLD, _HIGHEST_THRESHOLD = 0.2, 0.8


@dataclass(frozen=True, slots=True)
class Shelf:
    """A tenant's vectors of one model: where they live and how many they are."""

    tenant_id: UUID
    shelf: int
    config_hash: str
    vectors: int


@dataclass(frozen=True, slots=True)
class Tier:
    """How a shelf is searched: exact or by lists, how many, and the measured recall@20 (None: no index was tried)."""

    shelf: Shelf
    tier: str
    probes: int | None = None
    recall: float | None = None


async def read_shelves(connection: AsyncConnection[Any]) -> list[Shelf]:
    """Every tenant's vectors by model, the largest first."""
    rows = await (await connection.execute(_QUERIES["counts"])).fetchall()
    return [Shelf(*row) for row in rows]


async def assign_shelves(pool: AsyncPool, *, above: int = OWN_SHELF_ABOVE) -> list[UUID]:
    """Give each tenant with more vectors of a model than `above` a shelf of its own; answers who moved.

    A tenant whose partition can't be made now (somebody holds the parent's lock) moves at the next run.
    """
    async with pool.connection() as connection:
        shelves = await read_shelves(connection)
    large = {s.tenant_id for s in shelves if s.vectors > above and s.shelf < _FIRST_OWN_SHELF}
    moved: list[UUID] = []
    for tenant_id in sorted(large):
        try:
            async with pool.connection() as connection, connection.transaction():
                await _move(connection, tenant_id)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            _log.warning("shelf_not_made", tenant_id=str(tenant_id), error_class=type(error).__name__)
        else:
            moved.append(tenant_id)
    return moved


async def _move(connection: AsyncConnection[Any], tenant_id: UUID) -> None:
    await connection.execute("set local lock_timeout = '4s'")
    await connection.execute("select pg_advisory_xact_lock(hashtext('evosense.shelves'))")
    row = await (await connection.execute(_QUERIES["free_shelf"])).fetchone()
    params = {"tenant_id": tenant_id, "shelf": row[0] if row else _FIRST_OWN_SHELF}
    await connection.execute(_QUERIES["make_shelf"], params)
    await connection.execute(_QUERIES["claim_shelf"], params)
    await connection.execute(_QUERIES["move_vectors"], params)


async def choose_tiers(pool: AsyncPool, *, index_above: int = OWN_SHELF_ABOVE) -> list[Tier]:
    """Measure every shelf and keep how it is searched; answers all of them."""
    async with pool.connection() as connection:
        shelves = await read_shelves(connection)
    return [await _choose(pool, shelf, index_above) for shelf in shelves]


async def _choose(pool: AsyncPool, shelf: Shelf, index_above: int) -> Tier:
    params = _place(shelf)
    async with pool.connection() as connection:
        known = await (await connection.execute(_QUERIES["known_tier"], params)).fetchone()
        row = await (await connection.execute(_QUERIES["pairs"], params)).fetchone()
    above = min(max(float(row[0]), _LOWEST_THRESHOLD), _HIGHEST_THRESHOLD) if row and row[0] is not None else None
    tried_with, was, _, recall = known or (0, "exact", None, None)
    tier = Tier(shelf, "exact", None, recall)
    if shelf.shelf < _FIRST_OWN_SHELF or shelf.vectors <= index_above:
        tried_with = shelf.vectors
        if was == "lists":
            await _call(pool, "drop_vector_index", shelf)
    elif recall is None or shelf.vectors > _WORTH_ANOTHER_TRY * tried_with:
        tried_with = shelf.vectors
        tier = await _try_index(pool, shelf)
    elif was == "lists":
        tier = await _measure(pool, shelf)
        if tier.tier == "exact":  # what was written since fits its lists badly
            tried_with = shelf.vectors
            tier = await _try_index(pool, shelf)
    values = {"vectors": tried_with, "tier": tier.tier, "probes": tier.probes, "recall": tier.recall}
    async with pool.connection() as connection:
        await connection.execute(_QUERIES["keep_tier"], {**params, **values, "related_above": above})
    return tier


async def _try_index(pool: AsyncPool, shelf: Shelf) -> Tier:
    """Make the index anew and measure it; dropped when it is no better than the exact scan."""
    await _call(pool, "drop_vector_index", shelf)
    await _call(pool, "build_vector_index", shelf, lists=_lists(shelf))
    tier = await _measure(pool, shelf)
    if tier.tier == "exact":
        await _call(pool, "drop_vector_index", shelf)
    return tier


def _lists(shelf: Shelf) -> int:
    """As many lists as each has vectors, while making them fits into the memory that Postgres takes by default."""
    return min(round(math.sqrt(shelf.vectors)), _MOST_LISTS)


async def _measure(pool: AsyncPool, shelf: Shelf) -> Tier:
    """Look into ever more of the lists until enough is found; exact when that takes as long as the exact scan."""
    params = _place(shelf)
    best = 0.0
    async with pool.connection() as connection, connection.transaction():
        questions = await _vectors(connection, "sample_own", {**params, "few": _OWN_QUESTIONS})
        questions += await _vectors(connection, "sample_foreign", {**params, "few": _FOREIGN_QUESTIONS})
        truth, exact_seconds = await _ask(connection, "nearest_exact", params, questions)
        await connection.execute("set local enable_seqscan = off")
        await connection.execute("set local enable_sort = off")
        for share in _SHARES:
            probes = math.ceil(share * _lists(shelf))
            await connection.execute("select set_config('ivfflat.probes', %s, true)", (str(probes),))
            found, seconds = await _ask(connection, "nearest_indexed", params, questions)
            recall = _recall(found, truth, _NEAREST)
            best = max(best, recall)
            is_good = recall >= RECALL_WANTED and _recall(found, truth, _DEEP) >= _DEEP_RECALL_WANTED
            if is_good and _is_quicker(seconds, exact_seconds):
                return Tier(shelf, "lists", probes, recall)
    return Tier(shelf, "exact", None, best)


def _recall(found: Sequence[list[UUID]], truth: Sequence[list[UUID]], depth: int) -> float:
    """Share of the true `depth` nearest that are among the `depth` found, over all questions."""
    hits = sum(len(set(f[:depth]) & set(t[:depth])) for f, t in zip(found, truth, strict=True))
    return hits / max(1, sum(len(t[:depth]) for t in truth))


def _is_quicker(seconds: float, exact_seconds: float) -> bool:
    return seconds < exact_seconds


async def _vectors(connection: AsyncConnection[Any], name: str, params: dict[str, Any]) -> list[str]:
    return [row[0] for row in await (await connection.execute(_QUERIES[name], params)).fetchall()]


async def _ask(
    connection: AsyncConnection[Any], name: str, params: dict[str, Any], questions: Sequence[str]
) -> tuple[list[list[UUID]], float]:
    """The 200 nearest to each question, nearest first, and how many seconds one of them took (the middle one)."""
    found: list[list[UUID]] = []
    seconds: list[float] = []
    for vector in questions:
        started = time.perf_counter()
        values = {**params, "vector": vector, "wanted": _DEEP}
        cursor = await connection.execute(_QUERIES[name], values, prepare=False)
        found.append([row[0] for row in await cursor.fetchall()])
        seconds.append(time.perf_counter() - started)
    return found, statistics.median(seconds)


async def _call(pool: AsyncPool, function: str, shelf: Shelf, **more: int) -> None:
    async with pool.connection() as connection:
        await connection.execute(_QUERIES[function], {**_place(shelf), **more})


def _place(shelf: Shelf) -> dict[str, Any]:
    return {"tenant_id": shelf.tenant_id, "shelf": shelf.shelf, "config_hash": shelf.config_hash}


async def refresh_statistics(pool: AsyncPool) -> None:
    """ANALYZE what search reads, so that its plans fit its size."""
    async with pool.connection() as connection:
        await connection.execute("select app.analyze_search()")
