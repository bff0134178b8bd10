"""What to look for when nothing is found: first mistyped words corrected, then any of the words."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.search.models import Matched
from evosense.search.spelling import forgiven, nearest
from evosense.search.terms import Term

_QUERIES = load("evosense.search", "vocabulary.sql")
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
    connection: AsyncConnection[Any], tenant_id: UUID, terms: tuple[Term, ...], *, start: int = 0
) -> AsyncGenerator[Widened]:
    """Forms of the query from the strictest on; each is made only when it is asked for."""
    if start == 0:
        yield Widened(0, terms)
    corrected = await correct(connection, tenant_id, terms)
    if start <= 1 and corrected != terms:
        yield Widened(1, corrected)
    yield Widened(2, corrected)


async def correct(connection: AsyncConnection[Any], tenant_id: UUID, terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms, each plain word that the tenant's vocabulary lacks with the words it may be mistyped for."""
    words = {term.text for term in terms if term.kind == "word" and not term.without and forgiven(term.text)}
    if not words:
        return tuple(terms)
    rows = await connection.execute(_QUERIES["near_words"], {"tenant_id": tenant_id, "words": list(words)})
    near: dict[str, tuple[str, ...]] = {}
    for typed, lexeme, candidates, documents in await rows.fetchall():
        near[typed] = nearest(lexeme, zip(candidates, documents, strict=True))
    return tuple(replace(term, instead=near.get(term.text, ())) if not term.without else term for term in terms)
