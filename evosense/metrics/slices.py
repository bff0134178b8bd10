"""Days cut into sixteen slices of their chats: what happens to one chat leaves most of its day as it was read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from typing import Final

from evosense.metrics.stitch import Seam

# As queries.sql and orchestration/warehouse/live.py cut them.
SLICES: Final = 16
Slice = tuple[date, int]


def slice_versions(seam: Seam, days: Iterable[date]) -> dict[Slice, Hashable]:
    """The version of each slice of these days, for `Memory.parts`: another one once anything in it has changed."""
    state = (seam.version.of_marts, seam.version.timezone, seam.changes.moves)
    marks = seam.changes.by_slice
    return {(day, number): (*state, marks.get((day, number), 0)) for day in days for number in range(SLICES)}


def read_together(slices: Iterable[Slice]) -> Iterator[tuple[list[int], list[date]]]:
    """The slices as few queries take them: numbers, and the days of which just these are wanted."""
    numbers: dict[date, list[int]] = defaultdict(list)
    for day, number in slices:
        numbers[day].append(number)
    together: dict[tuple[int, ...], list[date]] = defaultdict(list)
    for day, those in numbers.items():
        together[tuple(those)].append(day)
    for those, days in together.items():
        yield list(those), days
