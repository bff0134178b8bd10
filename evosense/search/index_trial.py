"""Trying an approximate index on a tenant's own vectors: does it find nearly all of the nearest, and sooner?"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load

_QUERIES = load("evosense.search", "index_trial.sql")
# On a sample: 0.7 points more than is wanted of the questions to come.
RECALL_WANTED = 0.997
_NEAREST = 20
# So many meet the words in hybrid search.
DEEP, DEEP_RECALL_WANTED = 200, 0.98
_OWN_QUESTIONS, _FOREIGN_QUESTIONS = 64, 16
_MOST_LISTS: Final = 350  # 53 of the 64 MB of maintenance_work_mem, Postgres's default; it grows with the square


@dataclass(frozen=True, slots=True)
class IndexKind:
    """A kind of index.

    Attributes:
        tier: lists or graph.
        setting: Postgres's name for how widely it is searched.
        widths: what to try, the narrowest first.
        lists: how many lists it has; 0 for a graph.
        upkeep: what its time counts for, because writers pay for it too.
    """

    tier: str
    setting: str
    widths: tuple[int, ...]
    lists: int = 0
    upkeep: float = 1.0


# ef_search ends at 1,000. A vector that is written costs 1 ms of CPU here, and 16 µs in lists.
GRAPH: Final = IndexKind("graph", "hnsw.ef_search", (200, 400, 800, 1000), upkeep=1.4)


def lists(vectors: int) -> IndexKind:
    """Inverted lists for so many vectors: as many lists as each has members, half of them or more looked into.

    With less than half, questions that a tenant has no good answer to lose too much.
    """
    count = min(round(math.sqrt(vectors)), _MOST_LISTS)
    return IndexKind("lists", "ivfflat.probes", tuple(math.ceil(s * count) for s in (0.5, 0.6, 0.7, 0.8, 0.9)), count)


@dataclass(frozen=True, slots=True)
class Trial:
    """What an index reached.

    Attributes:
        kind: its kind.
        width: what was wide enough; None when nothing was.
        recall: of the 20 nearest, at that width, or the best of all.
        time_share: its time as a share of the exact scan's, of the median question in the same turns; infinite when it
            does not find enough.
    """

    kind: IndexKind
    width: int | None
    recall: float
    time_share: float = math.inf

    @property
    def is_good(self) -> bool:
        """Whether it may take the exact scan's place."""
        return self.width is not None and is_quicker(self.time_share)

    @property
    def cost(self) -> float:
        """The time, with what it costs those who write."""
        return self.time_share * self.kind.upkeep


def is_quicker(time_share: float) -> bool:
    """Whether an index that takes this share of the exact scan's time is worth having."""
    return time_share < 1


async def try_index(connection: AsyncConnection[Any], kind: IndexKind, place: dict[str, Any]) -> Trial:
    """Search ever more widely until enough is found, then time that beside the exact scan.

    Args:
        connection: outside a transaction; the index is there.
        kind: its kind.
        place: tenant_id, shelf and config_hash of the vectors.
    """
    best = 0.0
    async with connection.transaction():
        questions = await _vectors(connection, "sample_own", {**place, "few": _OWN_QUESTIONS})
        questions += await _vectors(connection, "sample_foreign", {**place, "few": _FOREIGN_QUESTIONS})
        await connection.execute("set local enable_sort = off")  # as app.near_messages: the index's order is taken
        truth = [await _nearest(connection, "nearest_exact", place, question) for question in questions]
        for width in kind.widths:
            await connection.execute("select set_config(%s, %s, true)", (kind.setting, str(width)))
            found = [await _nearest(connection, "nearest_indexed", place, question) for question in questions]
            recall = _recall(found, truth, _NEAREST)
            best = max(best, recall)
            if recall >= RECALL_WANTED and _recall(found, truth, DEEP) >= DEEP_RECALL_WANTED:
                return Trial(kind, width, recall, await _time_share(connection, place, questions))
    return Trial(kind, None, best)


async def _time_share(connection: AsyncConnection[Any], place: dict[str, Any], questions: Sequence[str]) -> float:
    """In turns, as a machine that does other work too has fast and slow minutes."""
    exact: list[float] = []
    indexed: list[float] = []
    for question in questions:
        for name, seconds in (("nearest_exact", exact), ("nearest_indexed", indexed)):
            started = time.perf_counter()
            await _nearest(connection, name, place, question)
            seconds.append(time.perf_counter() - started)
    return median(indexed) / median(exact)


def _recall(found: Sequence[list[UUID]], truth: Sequence[list[UUID]], depth: int) -> float:
    """Share of the true `depth` nearest that are among the `depth` found, over all questions."""
    hits = sum(len(set(f[:depth]) & set(t[:depth])) for f, t in zip(found, truth, strict=True))
    return hits / max(1, sum(len(t[:depth]) for t in truth))


async def _vectors(connection: AsyncConnection[Any], name: str, params: dict[str, Any]) -> list[str]:
    return [row[0] for row in await (await connection.execute(_QUERIES[name], params)).fetchall()]


async def _nearest(connection: AsyncConnection[Any], name: str, place: dict[str, Any], question: str) -> list[UUID]:
    """The 200 nearest to a question, nearest first."""
    params = {**place, "wanted": DEEP, "vector": question}
    cursor = await connection.execute(_QUERIES[name], params, prepare=False)
    return [row[0] for row in await cursor.fetchall()]
