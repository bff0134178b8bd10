"""How each tenant's vectors are kept and searched, chosen by what is measured on them.

Small tenants share 16 list partitions; above 3,000 vectors a tenant gets one of its own, so that an exact scan reads
nothing of others. There inverted lists are tried, of whole vectors and of their places on axes, above 20,000 a graph
too, and one index is kept only while it finds nearly all of the true nearest, for the tenant's own messages and for
foreign ones alike, in less time than the exact scan (`index_trial`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.log import get_logger
from evosense.search import axes, index_trial
from evosense.search.index_kinds import GRAPH, IndexKind, lists, places
from evosense.search.index_trial import Reach, Trial, try_index

_log = get_logger(__name__)
_QUERIES = load("evosense.search", "tiers.sql")
OWN_SHELF_ABOVE = 3_000
GRAPH_ABOVE = 20_000
_FIRST_OWN_SHELF = 16
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
    """How a shelf is searched.

    Attributes:
        shelf: which.
        tier: exact, axes, lists or graph (docs/decisions/0013, 0017).
        reach: how far its index is searched; None for exact.
        recall: the measured recall@20; None when no index was tried.
    """

    shelf: Shelf
    tier: str
    reach: Reach | None = None
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


async def choose_tiers(
    pool: AsyncPool, *, index_above: int = OWN_SHELF_ABOVE, graph_above: int = GRAPH_ABOVE
) -> list[Tier]:
    """Measure every shelf and keep how it is searched; answers all of them."""
    async with pool.connection() as connection:
        await axes.forget_unused(connection)
        shelves = await read_shelves(connection)
    return [await _choose(pool, shelf, _kinds(shelf, index_above, graph_above)) for shelf in shelves]


def _kinds(shelf: Shelf, index_above: int, graph_above: int) -> list[IndexKind]:
    """What is tried; the last is the likeliest to stay."""
    if shelf.shelf < _FIRST_OWN_SHELF or shelf.vectors <= index_above:
        return []
    return [lists(shelf.vectors), *([GRAPH] if shelf.vectors > graph_above else []), places(shelf.vectors)]


async def _choose(pool: AsyncPool, shelf: Shelf, kinds: Sequence[IndexKind]) -> Tier:
    params = _place(shelf)
    async with pool.connection() as connection:
        known = await (await connection.execute(_QUERIES["known_tier"], params)).fetchone()
        row = await (await connection.execute(_QUERIES["pairs"], params)).fetchone()
    above = min(max(float(row[0]), _LOWEST_THRESHOLD), _HIGHEST_THRESHOLD) if row and row[0] is not None else None
    tried_with, was, recall = known or (0, "exact", None)
    tier = Tier(shelf, "exact", None, recall)
    if not kinds:
        tried_with = shelf.vectors
        if was != "exact":
            await _drop(pool, shelf)
    elif recall is None or shelf.vectors > _WORTH_ANOTHER_TRY * tried_with:
        tried_with, tier = shelf.vectors, await _try_indexes(pool, shelf, kinds)
    elif was != "exact":
        again = await _try(pool, shelf, next(kind for kind in kinds if kind.tier == was))
        if again.is_good:
            tier = _tier(shelf, again)
        else:  # what was written since fits it badly
            tried_with, tier = shelf.vectors, await _try_indexes(pool, shelf, kinds)
    reach = {"width": tier.reach and tier.reach.width, "spare": tier.reach and tier.reach.spare}
    values = {"vectors": tried_with, "tier": tier.tier, "recall": tier.recall, **reach}
    async with pool.connection() as connection:
        await connection.execute(_QUERIES["keep_tier"], {**params, **values, "related_above": above})
        if tier.tier != "axes":
            await axes.forget(connection, params)
    return tier


async def _try_indexes(pool: AsyncPool, shelf: Shelf, kinds: Sequence[IndexKind]) -> Tier:
    """Make each kind of index and try it; the best stays, or none when none beats the exact scan."""
    trials = [await _try(pool, shelf, kind) for kind in kinds if await _build(pool, shelf, kind)]
    best = min((trial for trial in trials if trial.is_good), key=lambda trial: trial.cost, default=None)
    if best is None:
        await _drop(pool, shelf)
        return Tier(shelf, "exact", None, max(trial.recall for trial in trials))
    if best.kind != kinds[-1]:
        await _build(pool, shelf, best.kind)
    return _tier(shelf, best)


async def _try(pool: AsyncPool, shelf: Shelf, kind: IndexKind) -> Trial:
    async with pool.connection() as connection:
        return await try_index(connection, kind, _place(shelf))


def _tier(shelf: Shelf, trial: Trial) -> Tier:
    return Tier(shelf, trial.kind.tier, trial.reach, trial.recall)


async def _build(pool: AsyncPool, shelf: Shelf, kind: IndexKind) -> bool:
    """Put an index in the place of a former one; not when axes can't tell what is near, which is told without one."""
    await _drop(pool, shelf)
    if kind.tier == "axes" and not await _have_axes(pool, shelf, kind):
        return False
    async with pool.connection() as connection:
        await connection.execute(
            _QUERIES["build_vector_index"], {**_place(shelf), "tier": kind.tier, "lists": kind.lists}
        )
    return True


async def _have_axes(pool: AsyncPool, shelf: Shelf, kind: IndexKind) -> bool:
    """Whether axes tell what is near: those that are there, or better ones, which all vectors are placed on first.

    In a transaction of its own: an index made in the same one would hold the former places too.
    """
    place = _place(shelf)
    async with pool.connection() as connection, connection.transaction():
        sample = await axes.read_sample(connection, place, shelf.vectors)
        known, learned = await axes.read(connection, place), axes.learn(sample)
        with_known, with_learned = _spare_needed(known, sample, kind), _spare_needed(learned, sample, kind)
        if with_learned < with_known:
            await axes.lay(connection, place, learned)
    return min(with_known, with_learned) < math.inf


def _spare_needed(directions: axes.Vectors, sample: axes.Vectors, kind: IndexKind) -> float:
    """How many more than are wanted have to be handed over, among a sample; infinite when no number does."""
    wanted = ((index_trial.NEAREST, index_trial.RECALL_WANTED), (index_trial.DEEP, index_trial.DEEP_RECALL_WANTED))
    for spare in kind.spares:
        reached = [axes.share_found(directions, sample, few, few + (spare or 0)) >= share for few, share in wanted]
        if all(reached):
            return spare or 0
    return math.inf


async def _drop(pool: AsyncPool, shelf: Shelf) -> None:
    """No index; search compares with all before it goes."""
    for query in ("search_exactly", "drop_vector_index"):
        async with pool.connection() as connection:
            await connection.execute(_QUERIES[query], _place(shelf))


def _place(shelf: Shelf) -> dict[str, Any]:
    return {"tenant_id": shelf.tenant_id, "shelf": shelf.shelf, "config_hash": shelf.config_hash}


async def refresh_statistics(pool: AsyncPool) -> None:
    """ANALYZE what search reads, so that its plans fit its size."""
    async with pool.connection() as connection:
        await connection.execute("select app.analyze_search()")
