"""What to look for when nothing is found: first mistyped words corrected, then any of the words."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from evosense.search.correct import correct
from evosense.search.models import Matched
from evosense.search.terms import Term

_STEPS: tuple[Matched, ...] = ("all", "corrected", "any")


@dataclass(frozen=True, slots=True)
class Widened:
    """A form of the query: how far it was widened (0, 1, 2), its terms, and whether any of them is enough."""

    step: int
    terms: tuple[Term, ...]

    @property
    def any_word(self) -> bool:
        """Whether any of the terms is enough."""
        return self.matched == "any"

    @property
    def matched(self) -> Matched:
        """The step by name."""
        return _STEPS[self.step]

    @property
    def json(self) -> str:
        """The terms as the SQL functions read them."""
        return orjson.dumps(self.terms).decode()


async def widenings(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    terms: tuple[Term, ...],
    *,
    start: int = 0,
    corrected_first: bool = False,
) -> AsyncGenerator[Widened]:
    """Forms of the query from the strictest on; each is made only when it is asked for.

    `corrected_first` leaves the terms as typed out where one is mistyped: for a search by any word, whose right words
    find something.
    """
    if start == 0 and not corrected_first:
        yield Widened(0, terms)
    corrected = await correct(connection, tenant_id, terms)
    if corrected != terms:
        if start <= 1:
            yield Widened(1, corrected)
    elif corrected_first:
        yield Widened(0, terms)
    yield Widened(2, corrected)
