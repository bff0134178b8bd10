"""The best messages for a query: by words, by likeness, or by both. Runs inside a tenant's transaction."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.search.highlight import parts
from evosense.search.models import MessageFilter, Mode, RankedPage, RankPosition
from evosense.search.models_in_use import QueryVector
from evosense.search.repository import filter_json
from evosense.search.terms import parse
from evosense.search.widen import Widened, widenings

_QUERIES = load("evosense.search", "rank.sql")
# How many of the nearest vectors meet the words. The same on every page, or the ranks would move.
_FUSED_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for.

    Attributes:
        words: as they were typed.
        mode: by words, by likeness, or both.
        vector: the query's vector; None leaves likeness out.
        wanted: which messages come into question.
        related_above: the cosine from which a hit counts as related; None when unknown.
        related_only: leave out what is not related.
        except_id: a message to leave out.
    """

    words: str
    mode: Mode = "hybrid"
    vector: QueryVector | None = None
    wanted: MessageFilter = field(default_factory=MessageFilter)
    related_above: float | None = None
    related_only: bool = False
    except_id: UUID | None = None


async def rank_messages(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    query: Query,
    *,
    after: RankPosition | None = None,
    page_size: int = 20,
) -> RankedPage:
    """One page of the best messages. By words, a query that finds nothing is corrected, then widened to any word."""
    up_to_id = after.up_to_id if after else new_id()
    seen = after.seen if after else 0
    params = {
        "tenant_id": tenant_id,
        "filter": filter_json(query.wanted),
        "up_to_id": up_to_id if after else None,
        "after_score": after.score if after else None,
        "after_id": after.message_id if after else None,
        "except_id": query.except_id,
        "page_size": page_size,
        "depth": _FUSED_DEPTH if query.mode == "hybrid" else seen + page_size + 22,
        "similarity_min": query.related_above if query.related_only else None,
        "unwanted": _unwanted(query),
        **_vector(query),
    }
    rows: list[dict[str, Any]] = []
    asked = Widened(0, ())
    async for asked in _forms(connection, tenant_id, query, after):
        if query.mode == "hybrid":
            params["any_word"] = True
        else:
            params["any_word"] = asked.any_word
        rows = await _rows(connection, {**params, "terms": asked.json})
        if after is not None or any(row["worded"] for row in rows):
            break
    shown = rows[:page_size]
    following = None
    if len(rows) > page_size:
        last = shown[-1]
        following = RankPosition(last["score"], last["id"], up_to_id, asked.step, seen + page_size).encode()
    hits = [_hit(row, query.related_above) for row in shown]
    return RankedPage(hits, following, asked.matched, query.vector.config_hash if query.vector else None)


async def _forms(
    connection: AsyncConnection[Any], tenant_id: UUID, query: Query, after: RankPosition | None
) -> AsyncGenerator[Widened]:
    """Forms of the query from the strictest on. Likeness alone has one; with both, any word will do from the start."""
    if query.mode == "semantic":
        yield Widened(0, ())
        return
    any_word = query.mode == "hybrid"
    start = after.step if after else 0
    async for widened in widenings(
        connection, tenant_id, parse(query.words), start=start, corrected_first=any_word and after is None
    ):
        if not any_word or widened.step < 2:
            yield widened


def _unwanted(query: Query) -> str | None:
    """The terms after a minus, which likeness knows nothing of; None without any. Likeness alone reads no terms."""
    terms = [replace(term, without=False) for term in parse(query.words) if term.without]
    return orjson.dumps(terms).decode() if terms and query.mode == "hybrid" else None


def _vector(query: Query) -> dict[str, Any]:
    if query.vector is None or query.mode == "text":
        return {"vector": None, "config_hash": None, "vector_weight": 0.0}
    weight = 1.0 if query.mode == "semantic" else query.vector.weight
    return {"vector": query.vector.vector, "config_hash": query.vector.config_hash, "vector_weight": weight}


async def _rows(connection: AsyncConnection[Any], params: dict[str, Any]) -> list[dict[str, Any]]:
    # Never prepared: a generic plan could not leave out the legs that are null.
    cursor = await connection.execute(_QUERIES["ranked_messages"], params, prepare=False)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


def _hit(row: dict[str, Any], related_above: float | None) -> dict[str, Any]:
    similarity = row["similarity"]
    related = None if similarity is None or related_above is None else similarity >= related_above
    return {
        **row["item"],
        "score": round(row["score"], 4),
        "similarity": None if similarity is None else round(similarity, 4),
        "related": related,
        "highlights": parts(row["text"] or "", row["marked"]),
    }
