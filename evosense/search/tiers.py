"""How each tenant's vectors are kept and searched, chosen by what is measured on them.

Small tenants share 16 list partitions; above 3,000 vectors a tenant gets one of its own, so that an exact scan reads
nothing of others. Above 20,000 an approximate index is tried, and kept only while it finds 99.5 % of the true 20
nearest, for the tenant's own messages and for foreign ones alike, in less time than the exact scan.
"""

from __future__ import annotations

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
INDEX_ABOVE = 20_000
# On a sample: half a point more than is wanted of the questions to come.
RECALL_WANTED = 0.995
_FIRST_OWN_SHELF = 16
_WIDTHS = (200, 400, 800, 1000)
_OWN_QUESTIONS, _FOREIGN_QUESTIONS = 64, 16
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
    """How a shelf is searched: exact or hnsw, how widely, and the measured recall@20 (None: no index was tried)."""

    shelf: Shelf
    tier: str
    ef_search: int | None = None
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


async def choose_tiers(pool: AsyncPool, *, index_above: int = INDEX_ABOVE) -> list[Tier]:
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
    tier = Tier(shelf, "exact", None, known[3] if known else None)
    kept = shelf.vectors
    if shelf.shelf >= _FIRST_OWN_SHELF and shelf.vectors > index_above:
        if known is None or known[3] is None or known[1] == "hnsw" or shelf.vectors > _WORTH_ANOTHER_TRY * known[0]:
            tier = await _try_index(pool, shelf, rebuild=known is not None and known[1] == "hnsw")
        else:
            kept = known[0]  # what the last try was made with
    elif known is not None and known[1] == "hnsw":
        await _call(pool, "drop_vector_index", shelf)
    values = {"vectors": kept, "tier": tier.tier, "ef_search": tier.ef_search, "recall": tier.recall}
    async with pool.connection() as connection:
        await connection.execute(_QUERIES["keep_tier"], {**params, **values, "related_above": above})
    return tier


async def _try_index(pool: AsyncPool, shelf: Shelf, *, rebuild: bool) -> Tier:
    """Measure the index, built when it isn't there and anew when it got worse; dropped when it stays worse."""
    await _call(pool, "build_vector_index", shelf)
    tier = await _measure(pool, shelf)
    if tier.tier == "exact" and rebuild:
        await _call(pool, "rebuild_vector_index", shelf)
        tier = await _measure(pool, shelf)
    if tier.tier == "exact":
        await _call(pool, "drop_vector_index", shelf)
    return tier


async def _measure(pool: AsyncPool, shelf: Shelf) -> Tier:
    params = _place(shelf)
    best = 0.0
    async with pool.connection() as connection, connection.transaction():
        questions = await _vectors(connection, "sample_own", {**params, "few": _OWN_QUESTIONS})
        questions += await _vectors(connection, "sample_foreign", {**params, "few": _FOREIGN_QUESTIONS})
        truth, exact_seconds = await _ask(connection, "nearest_exact", params, questions)
        await connection.execute("set local enable_seqscan = off")
        await connection.execute("set local enable_sort = off")
        for width in _WIDTHS:
            await connection.execute("select set_config('hnsw.ef_search', %s, true)", (str(width),))
            found, seconds = await _ask(connection, "nearest_indexed", params, questions)
            recall = sum(len(f & t) for f, t in zip(found, truth, strict=True)) / max(1, sum(map(len, truth)))
            best = max(best, recall)
            if recall >= RECALL_WANTED and _is_quicker(seconds, exact_seconds):
                return Tier(shelf, "hnsw", width, recall)
    return Tier(shelf, "exact", None, best)


def _is_quicker(seconds: float, exact_seconds: float) -> bool:
    return seconds < exact_seconds


async def _vectors(connection: AsyncConnection[Any], name: str, params: dict[str, Any]) -> list[str]:
    return [row[0] for row in await (await connection.execute(_QUERIES[name], params)).fetchall()]


async def _ask(
    connection: AsyncConnection[Any], name: str, params: dict[str, Any], questions: Sequence[str]
) -> tuple[list[set[UUID]], float]:
    """The 20 nearest to each question, and how many seconds all of them took."""
    started = time.perf_counter()
    found: list[set[UUID]] = []
    for vector in questions:
        cursor = await connection.execute(_QUERIES[name], {**params, "vector": vector}, prepare=False)
        found.append({row[0] for row in await cursor.fetchall()})
    return found, time.perf_counter() - started


async def _call(pool: AsyncPool, function: str, shelf: Shelf) -> None:
    async with pool.connection() as connection:
        await connection.execute(_QUERIES[function], _place(shelf))


def _place(shelf: Shelf) -> dict[str, Any]:
    return {"tenant_id": shelf.tenant_id, "shelf": shelf.shelf, "config_hash": shelf.config_hash}


async def refresh_statistics(pool: AsyncPool) -> None:
    """ANALYZE what search reads, so that its plans fit its size."""
    async with pool.connection() as connection:
        await connection.execute("select app.analyze_search()")
