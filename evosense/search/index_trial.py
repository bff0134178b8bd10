"""Trying an approximate index on a tenant's own vectors: does it find nearly all of the nearest, and sooner?"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.search.index_kinds import IndexKind

_QUERIES = load("evosense.search", "index_trial.sql")
# On a sample: 0.7 points more than is wanted of the questions to come.
NEAREST, RECALL_WANTED = 20, 0.997
# So many meet the words in hybrid search.
DEEP, DEEP_RECALL_WANTED = 200, 0.98
_OWN_QUESTIONS, _FOREIGN_QUESTIONS = 64, 16


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a search by an index looks: its width, and how many more than are wanted are compared wholly."""

    width: int
    spare: int | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What an index reached.

    Attributes:
        kind: its kind.
        recall: of the 20 nearest, at that reach, or the best of all.
        reach: what was far enough; None when nothing was.
        time_share: its time as a share of the exact scan's, of the median question in the same turns; infinite when it
            does not find enough.
    """

    kind: IndexKind
    recall: float
    reach: Reach | None = None
    time_share: float = math.inf

    @property
    def is_good(self) -> bool:
        """Whether it may take the exact scan's place."""
        return self.reach is not None and is_quicker(self.time_share)

    @property
    def cost(self) -> float:
        """The time, with what it costs those who write."""
        return self.time_share * self.kind.upkeep


def is_quicker(time_share: float) -> bool:
    """Whether an index that takes this share of the exact scan's time is worth having."""
    return time_share < 1


async def try_index(connection: AsyncConnection[Any], kind: IndexKind, place: dict[str, Any]) -> Trial:
    """Search as widely as may be with ever more to spare, then ever more widely, until enough is found; time that.

    Args:
        connection: outside a transaction; the index is there.
        kind: its kind.
        place: tenant_id, shelf and config_hash of the vectors.
    """
    async with connection.transaction():
        await connection.execute("set local enable_sort = off")  # as app.near_messages: the index's order is taken
        asked = await _ask_exactly(connection, kind, place)
        widest, recall = await asked.first_enough(Reach(kind.widths[-1], spare) for spare in kind.spares)
        if widest is None:
            return Trial(kind, recall)
        reach, recall = await asked.first_enough(Reach(width, widest.spare) for width in kind.widths)
        if reach is None:
            return Trial(kind, recall)
        return Trial(kind, recall, reach, await asked.time_share(reach))


async def _ask_exactly(connection: AsyncConnection[Any], kind: IndexKind, place: dict[str, Any]) -> _Asked:
    questions = await _vectors(connection, "sample_own", {**place, "few": _OWN_QUESTIONS})
    questions += await _vectors(connection, "sample_foreign", {**place, "few": _FOREIGN_QUESTIONS})
    asked = _Asked(connection, kind, place, questions, [])
    for question in questions:
        asked.truth.append(await asked.exactly(question))
    return asked


@dataclass(frozen=True, slots=True)
class _Asked:
    """Questions with the messages that are truly nearest, the nearest first."""

    connection: AsyncConnection[Any]
    kind: IndexKind
    place: dict[str, Any]
    questions: Sequence[str]
    truth: list[list[UUID]]

    async def first_enough(self, reaches: Iterable[Reach]) -> tuple[Reach | None, float]:
        """The first that finds enough, with its recall@20; None with the best recall when none does."""
        best = 0.0
        for reach in reaches:
            recall = await self._recall(reach, NEAREST)
            best = max(best, recall)
            if recall >= RECALL_WANTED and await self._recall(reach, DEEP) >= DEEP_RECALL_WANTED:
                return reach, recall
        return None, best

    async def time_share(self, reach: Reach) -> float:
        """In turns, as a machine that does other work too has fast and slow minutes."""
        exact: list[float] = []
        indexed: list[float] = []
        for question in self.questions:
            started = time.perf_counter()
            await self.exactly(question)
            middle = time.perf_counter()
            await self._indexed(question, reach, DEEP)
            indexed.append(time.perf_counter() - middle)
            exact.append(middle - started)
        return median(indexed) / median(exact)

    async def exactly(self, question: str) -> list[UUID]:
        """The 200 nearest, by comparing with all."""
        return await self._nearest("nearest_exact", question, DEEP)

    async def _recall(self, reach: Reach, depth: int) -> float:
        """Share of the true `depth` nearest that are found when so many are wanted, over all questions."""
        await self.connection.execute("select set_config(%s, %s, true)", (self.kind.setting, str(reach.width)))
        hits = 0
        for question, truth in zip(self.questions, self.truth, strict=True):
            hits += len(set(await self._indexed(question, reach, depth)) & set(truth[:depth]))
        return hits / max(1, sum(len(truth[:depth]) for truth in self.truth))

    async def _indexed(self, question: str, reach: Reach, wanted: int) -> list[UUID]:
        if reach.spare is None:
            return await self._nearest("nearest_indexed", question, wanted)
        return await self._nearest("nearest_placed", question, wanted, handed_over=wanted + reach.spare)

    async def _nearest(self, name: str, question: str, wanted: int, **more: int) -> list[UUID]:
        params = {**self.place, "wanted": wanted, "vector": question, **more}
        cursor = await self.connection.execute(_QUERIES[name], params, prepare=False)
        return [row[0] for row in await cursor.fetchall()]


async def _vectors(connection: AsyncConnection[Any], name: str, params: dict[str, Any]) -> list[str]:
    return [row[0] for row in await (await connection.execute(_QUERIES[name], params)).fetchall()]
