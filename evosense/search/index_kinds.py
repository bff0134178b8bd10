"""The kinds of approximate index that a tenant's vectors may have, and how widely each can be searched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# 53 and 57 of the 64 MB of maintenance_work_mem, Postgres's default; they grow with the square.
_MOST_LISTS, _MOST_LISTS_OF_PLACES = 350, 500


@dataclass(frozen=True, slots=True)
class IndexKind:
    """A kind of index.

    Attributes:
        tier: axes, lists or graph.
        setting: Postgres's name for how widely it is searched.
        widths: what to try, the narrowest first.
        lists: how many lists it has; 0 for a graph.
        upkeep: what its time counts for, because writers pay for it too.
        spares: how many more than are wanted it may hand over, to be compared by their whole vectors, the fewest first;
            None: it compares whole vectors itself.
    """

    tier: str
    setting: str
    widths: tuple[int, ...]
    lists: int = 0
    upkeep: float = 1.0
    spares: tuple[int | None, ...] = (None,)


# ef_search ends at 1,000. A vector that is written costs 1 ms of CPU here, 16 µs in lists, 40 on axes.
GRAPH: Final = IndexKind("graph", "hnsw.ef_search", (200, 400, 800, 1000), upkeep=1.4)


def lists(vectors: int) -> IndexKind:
    """Inverted lists for so many vectors: as many lists as each has members, half of them or more looked into.

    With less than half, questions that a tenant has no good answer to lose too much.
    """
    count = min(round(math.sqrt(vectors)), _MOST_LISTS)
    return IndexKind("lists", "ivfflat.probes", _shares(count, (0.5, 0.6, 0.7, 0.8, 0.9)), count)


def places(vectors: int) -> IndexKind:
    """Inverted lists of the places of so many vectors on their axes.

    Places are so quickly compared that fewer lists would win little and put the recall at risk.
    """
    count = min(round(math.sqrt(vectors)), _MOST_LISTS_OF_PLACES)
    return IndexKind("axes", "ivfflat.probes", _shares(count, (0.8, 0.9, 1)), count, spares=(100, 200, 400, 800))


def _shares(count: int, shares: Sequence[float]) -> tuple[int, ...]:
    return tuple(math.ceil(share * count) for share in shares)
