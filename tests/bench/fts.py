"""Full text: what row level security costs a rare word, and what hybrid search costs beyond its two legs.

One tenant of 20,000 messages among others (--full: 60,000), with a vocabulary as the nightly asset makes it. The plain
statement is what the search function runs, by a superuser whom no policy touches, and both are given the word as it was
typed. Beside the ratio stand those without a vocabulary (a new company) and for a word that every message holds. The
legs are the same query by words and by likeness alone. All take turns.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.db.database import AsyncPool, open_pool
from evosense.db.embedded import EmbeddedPostgres
from evosense.db.migrate import migrate
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.embeddings.wire import HalfvecArray
from evosense.search.models import Mode
from evosense.search.models_in_use import query_vector, search_model
from evosense.search.rank import Query, rank_messages
from evosense.search.vocabulary import relearn
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import add_tenant
from tests.bench.figures import Context, Figure

_TURNS = 120
_HYBRID_MESSAGES = 3_000
_EMBEDDER = EmbeddedEmbedder()
_FILL = """
with heard as (
    insert into app.message (tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, chat_kind,
                             type, sent_at, sent_at_source, received_at)
    select %(t)s, gen_random_uuid(), %(t)s, n::text, false, 'in', %(t)s, 'individual', 'text',
           now() - make_interval(mins => n), 'live', now()
    from generate_series(1, %(n)s) as n
    returning tenant_id, id, external_id::integer as n
)
insert into app.message_body (tenant_id, message_id, text, redaction_version)
select h.tenant_id, h.id, case h.n when 777 then 'jabuticaba ' else '' end || 'pedido palavra' || (h.n %% 700)
    || ' entrega' || (h.n %% 50) || ' cliente pergunta sobre produto' || (h.n %% 997), 1
from heard as h
"""
_FUNCTION = (
    "select * from app.find_messages(%s, jsonb_build_array(jsonb_build_object("
    "'kind', 'word', 'text', %s::text, 'without', false)), false, null, null, null, 50)"
)
_PLAIN = (
    "select m.id, m.sent_at from app.message_body as b"
    " inner join app.message as m on m.tenant_id = b.tenant_id and m.id = b.message_id"
    " where b.tenant_id = %(t)s and m.tenant_id = %(t)s and b.deleted_at is null"
    " and b.tsv @@ {query} order by m.sent_at desc, m.id desc limit 50"
)
_TYPED = "app.within_tenant(%(t)s, plainto_tsquery('portuguese', %(word)s))"


async def run(context: Context) -> list[Figure]:
    """Figures fts.rls_ratio and hybrid.legs_ratio."""
    context.folder.chmod(0o755)
    with EmbeddedPostgres(context.folder / "postgres", durable=False, settings={"jit": "off"}) as server:
        url = server.url()
        migrate(url)
        async with open_pool(url, "evosense_pipeline", max_size=2) as pipeline, open_pool(url, "evosense_api") as api:
            context.progress("writing messages")
            big, median_one = await _fill(url, pipeline, 60_000 if context.is_full else 20_000)
            context.progress("a rare word")
            rls = await _with_and_without_vocabulary(url, pipeline, api, big)
            context.progress("hybrid and its legs")
            hybrid = await _hybrid(api, median_one)
    return [
        Figure("fts.rls_ratio", rls["ratio"], "ratio", "lower", 1.15, "the same statement without policies", rls),
        Figure("hybrid.legs_ratio", hybrid["ratio"], "ratio", "lower", 1.3, "the sum of its two legs alone", hybrid),
    ]


async def _fill(url: str, pipeline: AsyncPool, size: int) -> tuple[UUID, UUID]:
    tenants: list[UUID] = []
    for number, count in enumerate((size, _HYBRID_MESSAGES, 1_000, 1_000)):
        async with pipeline.connection() as connection:
            tenant_id = await add_tenant(connection, MasterKey.from_secret("bench " * 8), name=f"tenant {number}")
            await connection.execute(_FILL, {"t": tenant_id, "n": count})
        tenants.append(tenant_id)
    async with pipeline.connection() as connection:
        await _embed(connection, tenants[1])
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("message", "message_body", "message_embedding", "message_score"):
            connection.execute(f"vacuum analyze app.{table}".encode())
    return tenants[0], tenants[1]


async def _embed(connection: AsyncConnection[Any], tenant_id: UUID) -> None:
    rows = await (
        await connection.execute("select message_id, text from app.message_body where tenant_id = %s", (tenant_id,))
    ).fetchall()
    oid = await (await connection.execute("select 'halfvec'::regtype::oid::bigint")).fetchone()
    assert oid is not None
    vectors = HalfvecArray(_EMBEDDER.embed_now([row[1] for row in rows]), int(oid[0]))
    await connection.execute(
        "insert into app.message_embedding (tenant_id, shelf, message_id, config_hash, embedding)"
        " select t.tenant_id, t.shelf, g.id, %s, g.v from app.tenant as t,"
        " unnest(%s::uuid[], %s::halfvec(768)[]) as g (id, v) where t.tenant_id = %s",
        (_EMBEDDER.config.config_hash, [row[0] for row in rows], vectors, tenant_id),
    )


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


async def _with_and_without_vocabulary(
    url: str, pipeline: AsyncPool, api: AsyncPool, tenant_id: UUID
) -> dict[str, float]:
    unknown = await _one_word(url, api, tenant_id, "jabuticaba", 1)
    await relearn(pipeline, tenant_id)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze app.search_word")
    rare = await _one_word(url, api, tenant_id, "jabuticaba", 1)
    common = await _one_word(url, api, tenant_id, "cliente", 50)
    return {**rare, "without_a_vocabulary": unknown["ratio"], "a_common_word": common["ratio"]}


async def _one_word(url: str, api: AsyncPool, tenant_id: UUID, word: str, found: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {"ours": [], "plain": [], "ready": []}
    params: dict[str, Any] = {"t": tenant_id, "word": word}
    async with (
        tenant_transaction(api, Actor(tenant_id, None, "analyst")) as connection,
        await AsyncConnection.connect(url, autocommit=True) as superuser,
    ):
        ready = await (await superuser.execute(f"select {_TYPED}::text".encode(), params)).fetchone()
        assert ready is not None

        async def ask(who: AsyncConnection[Any], statement: str, params: Any) -> None:
            cursor = await who.execute(statement.encode(), params, prepare=False)
            assert len(await cursor.fetchall()) == found

        works: dict[str, Callable[[], Awaitable[None]]] = {
            "ours": lambda: ask(connection, _FUNCTION, (tenant_id, word)),
            "plain": lambda: ask(superuser, _PLAIN.format(query=_TYPED), params),
            "ready": lambda: ask(
                superuser, _PLAIN.format(query="%(query)s::tsquery"), {"t": tenant_id, "query": ready[0]}
            ),
        }
        for turn in range(_TURNS + 10):
            for name, work in works.items():
                seconds = await _timed(work)
                if turn >= 10:
                    taken[name].append(seconds)
    figures = _ratio(median(taken["ours"]), median(taken["plain"]))
    return {**figures, "to_a_ready_query": median(taken["ours"]) / median(taken["ready"])}


async def _hybrid(api: AsyncPool, tenant_id: UUID) -> dict[str, float]:
    times: dict[Mode, list[float]] = {"hybrid": [], "text": [], "semantic": []}
    async with tenant_transaction(api, Actor(tenant_id, None, "analyst")) as connection:
        model = await search_model(connection, tenant_id)
        for turn in range(_TURNS + 10):
            words = f"entrega{turn % 50} produto{turn}"
            vector = await query_vector("hybrid", model, _EMBEDDER, words)
            for mode, taken in times.items():
                query = Query(words, mode, vector)
                seconds = await _timed(lambda query=query: rank_messages(connection, tenant_id, query, page_size=20))
                if turn >= 10:
                    taken.append(seconds)
    return _ratio(median(times["hybrid"]), median(times["text"]) + median(times["semantic"]))


def _ratio(one: float, other: float) -> dict[str, float]:
    return {"p50_ms": round(1000 * one, 3), "held_against_ms": round(1000 * other, 3), "ratio": one / other}
