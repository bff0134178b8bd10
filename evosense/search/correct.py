"""Mistyped words of a query corrected by the words that people write to the tenant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.ai.embedded.text import fold
from evosense.db.named_queries import load
from evosense.search.spelling import Form, forgiven, nearest, one_slip
from evosense.search.terms import Term

_QUERIES = load("evosense.search", "vocabulary.sql")
# One word, whatever stands around it ("entrga?", "(pdido"): of two, nobody could tell which one is replaced.
_WORD = re.compile(r"[^a-z0-9]*([a-z]{3,32})[^a-z0-9]*")


async def correct(connection: AsyncConnection[Any], tenant_id: UUID, terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms, each plain word that no message of the tenant holds with those that it may be mistyped for.

    Phrases, beginnings and what is after a minus are left as they are: who writes those knows the word.
    """
    typed = {term: word for term in terms if (word := _plain_word(term))}
    instead = await _corrections(connection, tenant_id, set(typed.values()))
    return tuple(replace(term, instead=instead[typed[term]]) if typed.get(term) in instead else term for term in terms)


def _plain_word(term: Term) -> str | None:
    """The folded word of a term that may be corrected."""
    if term.kind != "word" or term.without:
        return None
    found = _WORD.fullmatch(fold(term.text))
    return found[1] if found else None


async def _corrections(
    connection: AsyncConnection[Any], tenant_id: UUID, words: set[str]
) -> dict[str, tuple[str, ...]]:
    """Lexemes of the tenant's vocabulary instead of each word that nothing of the tenant's holds."""
    lacking = await _words(connection, "words_found_nowhere", tenant_id, words)
    instead = await _by_one_slip(connection, tenant_id, lacking)
    instead |= await _by_two_slips(connection, tenant_id, {word for word in lacking if word not in instead})
    held = await _words(connection, "words_held", tenant_id, set(instead))
    return {word: lexemes for word, lexemes in instead.items() if word not in held}


async def _by_one_slip(
    connection: AsyncConnection[Any], tenant_id: UUID, words: set[str]
) -> dict[str, tuple[str, ...]]:
    if not words:
        return {}
    # All that one slip could have made is looked up: hundreds of equal keys cost less than comparing all that is alike.
    guesses = {word: one_slip(word) for word in words}
    wanted = {"tenant_id": tenant_id, "guesses": list(set().union(*guesses.values()))}
    forms = await _forms(connection, "forms_among", wanted)
    return _found({word: nearest(word, (one for one in forms if one.form in guesses[word])) for word in words})


async def _by_two_slips(
    connection: AsyncConnection[Any], tenant_id: UUID, words: set[str]
) -> dict[str, tuple[str, ...]]:
    long = [word for word in words if forgiven(len(word)) == 2]
    if not long:
        return {}
    lengths = [len(word) for word in long]
    wanted = {"tenant_id": tenant_id, "words": long, "shortest": min(lengths) - 2, "longest": max(lengths) + 2}
    forms = await _forms(connection, "forms_with_ends", wanted)
    return _found({word: nearest(word, forms) for word in long})


def _found(instead: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {word: lexemes for word, lexemes in instead.items() if lexemes}


async def _forms(connection: AsyncConnection[Any], query: str, wanted: dict[str, Any]) -> list[Form]:
    async with connection.cursor(row_factory=class_row(Form)) as cursor:
        await cursor.execute(_QUERIES[query], wanted)
        return await cursor.fetchall()


async def _words(connection: AsyncConnection[Any], query: str, tenant_id: UUID, words: set[str]) -> set[str]:
    if not words:
        return set()
    rows = await connection.execute(_QUERIES[query], {"tenant_id": tenant_id, "words": list(words)})
    return {row[0] for row in await rows.fetchall()}
