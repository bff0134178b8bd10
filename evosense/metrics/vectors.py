"""How many messages have a vector, of days of which the warehouse may not know it yet.

A vector leaves no mark when it comes. So what is kept of a slice is which of its messages had none when it was read,
and those alone are looked up again. Vectors of a model that search has left go without a mark as well: that is seen
when the slice is read for another reason, at the next build at the latest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.arrays import array
from evosense.db.named_queries import load
from evosense.metrics.days import live_rows
from evosense.metrics.slices import Slice, read_together, slice_versions
from evosense.metrics.stitch import Seam, rows

_QUERIES = load("evosense.metrics", "vectors.sql")
# So many messages without a vector are remembered of a slice and connection; where there are more, as in a plan without
# embeddings, all of it is counted each time.
_MOST_WITHOUT: Final = 200


@dataclass(frozen=True, slots=True)
class _Counted:
    """Messages of one slice and connection with a vector; and those without, None for too many to remember."""

    slice: Slice
    connection_id: UUID
    embedded: int
    without: Sequence[UUID] | None

    @property
    def place(self) -> tuple[date, UUID]:
        return self.slice[0], self.connection_id


async def embedded_messages(
    connection: AsyncConnection[Any], seam: Seam, days: Sequence[date]
) -> Counter[tuple[date, UUID]]:
    """How many messages with text have a vector this moment, by local day and connection."""

    async def find(slices: Iterable[Slice]) -> Mapping[Slice, list[_Counted]]:
        return await _read(connection, seam, slices)

    if seam.memory is None:
        kept = [item for items in (await find(slice_versions(seam, days))).values() for item in items]
    else:
        kept = await seam.memory.parts((seam.tenant_id, "vectors"), slice_versions(seam, days), find)
        crowded = {item.slice for item in kept if item.without is None}
        kept = [item for item in kept if item.slice not in crowded]
        kept += [item for items in (await find(sorted(crowded))).values() for item in items] if crowded else []
    found: Counter[tuple[date, UUID]] = Counter()
    for item in kept:
        found[item.place] += item.embedded
    waiting = {message_id: item.place for item in kept for message_id in item.without or ()}
    if waiting and seam.memory is not None:
        scope = {"tenant_id": seam.tenant_id, "message_ids": array(UUID, list(waiting))}
        found.update(waiting[row["message_id"]] for row in await rows(connection, _QUERIES["with_vector"], scope))
    return found


async def _read(
    connection: AsyncConnection[Any], seam: Seam, slices: Iterable[Slice]
) -> Mapping[Slice, list[_Counted]]:
    found: dict[Slice, list[_Counted]] = defaultdict(list)
    for numbers, days in read_together(slices):
        values = {"timezone": seam.version.timezone, "slices": array(int, numbers), "most": _MOST_WITHOUT}
        for row in await live_rows(connection, seam, _QUERIES["vectors"], days, **values):
            place = row["local_day"], row["slice"]
            found[place].append(_Counted(place, row["connection_id"], row["embedded"], row["without"]))
    return found
