"""Vector search beside the seeds' exact query: recall@20 and p95, from the smallest tenant to the largest.

100 tenants share vectors by Zipf's law: a common mean, topics (some 25 a tenant), the tenant's own offset, a spread of
rank 48 and noise, at length 1. A fifth of the questions are of topics that the tenant has nothing about. Shelves and
index tiers are chosen by the same code as in production. The seeds' query runs on the seeds' table: vector(768), a
b-tree on the tenant, `ORDER BY embedding <-> …` in each question's turn. --full: 200,000 vectors; else 60,000.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import AsyncConnection

from evosense.ai.protocols import EMBEDDING_DIMENSIONS
from evosense.db.database import AsyncPool, open_pool
from evosense.db.embedded import EmbeddedPostgres
from evosense.db.ids import new_id
from evosense.db.migrate import migrate
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.embeddings.wire import Halfvec, HalfvecArray
from evosense.search import tiers
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import add_tenant
from tests.bench.figures import Context, Figure, percentile

_TENANTS = 100
_ASKED = (0, 1, 2, 4, 9, 19, 49, 99)
_QUESTIONS = 40
_MODEL = "c1:bench"
_NEAREST = 20
_LARGE = 3_000
_SETTINGS = {"shared_buffers": "1GB", "maintenance_work_mem": "1GB", "max_wal_size": "4GB", "jit": "off"}
_OURS = "select message_id from app.near_messages(%s, %s::halfvec, %s, null, null, 20)"
_SEED = (
    "select id, text, embedding <-> %s::vector as distance from seed.message where tenant_id = %s order by 3 limit 20"
)
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Company:
    """A tenant with its vectors (float32, shape (n, 768)), their message ids, and questions to ask."""

    tenant_id: UUID
    ids: list[UUID]
    vectors: Vectors
    questions: Vectors


async def run(context: Context) -> list[Figure]:
    """Figures search.recall_min and search.p95_ratio."""
    total = 200_000 if context.is_full else 60_000
    folder = context.folder / "postgres"
    context.folder.chmod(0o755)
    with EmbeddedPostgres(folder, durable=False, settings=_SETTINGS) as server:
        url = server.url()
        migrate(url)
        async with open_pool(url, "evosense_pipeline", max_size=2) as pipeline, open_pool(url, "evosense_api") as api:
            companies = await _fill(context, url, pipeline, total)
            context.progress("choosing shelves and tiers")
            await tiers.assign_shelves(pipeline)
            chosen = {tier.shelf.tenant_id: tier for tier in await tiers.choose_tiers(pipeline)}
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("vacuum analyze app.message_embedding")
                connection.execute("vacuum analyze seed.message")
            measured = [
                await _compare(context, url, api, companies[rank], chosen[companies[rank].tenant_id]) for rank in _ASKED
            ]
    large = [m["ratio"] for m in measured if m["vectors"] > _LARGE]
    small = [m["ratio"] for m in measured if m["vectors"] <= _LARGE]
    peer = "the seeds' exact query, in the same turns"
    details = {"vectors": total, "tenants": measured, "worst_large": max(large), "worst_small": max(small)}
    return [
        Figure(
            "search.recall_min", min(m["recall"] for m in measured), "of 20", "higher", 0.99, "exact float32", details
        ),
        # One number for two goals: large tenants at most 0.25, small ones at most 1.
        Figure("search.p95_ratio", max(max(large), 0.25 * max(small)), "ratio", "lower", 0.25, peer, details),
    ]


def _sizes(total: int) -> list[int]:
    weights = 1 / np.arange(1, _TENANTS + 1)
    return [int(size) for size in np.maximum(total * weights / weights.sum(), 60)]


async def _fill(context: Context, url: str, pipeline: AsyncPool, total: int) -> list[Company]:
    random = np.random.default_rng(20261121)
    common = random.normal(size=EMBEDDING_DIMENSIONS)
    topics = random.normal(size=(400, EMBEDDING_DIMENSIONS))
    spread = random.normal(size=(48, EMBEDDING_DIMENSIONS))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create schema seed")
        connection.execute(
            "create table seed.message (id bigint generated always as identity primary key, tenant_id uuid not null,"
            " text text not null, embedding vector(768))"
        )
        connection.execute("create index on seed.message (tenant_id)")
    companies: list[Company] = []
    for rank, size in enumerate(_sizes(total)):
        context.progress(f"tenant {rank + 1} of {_TENANTS}: {size} vectors")
        own = random.choice(400, size=25, replace=False)
        offset = 0.5 * random.normal(size=EMBEDDING_DIMENSIONS)

        def make(which: NDArray[Any], offset: NDArray[Any] = offset) -> Vectors:
            noise = 0.6 * random.normal(size=(len(which), EMBEDDING_DIMENSIONS))
            wide = random.normal(size=(len(which), 48)) @ spread / np.sqrt(48)
            found = 0.7 * common + topics[which] + offset + wide + noise
            return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)

        vectors = make(random.choice(own, size=size))
        own_questions = make(random.choice(own, size=_QUESTIONS * 4 // 5))
        foreign = make(random.choice(400, size=_QUESTIONS - len(own_questions)), np.zeros(EMBEDDING_DIMENSIONS))
        async with pipeline.connection() as connection:
            tenant_id = await add_tenant(connection, MasterKey.from_secret("bench " * 8), name=f"tenant {rank}")
            companies.append(
                Company(tenant_id, [new_id() for _ in range(size)], vectors, np.vstack([own_questions, foreign]))
            )
            await _store(connection, companies[-1])
        _store_seed(url, companies[-1])
    return companies


async def _store(connection: AsyncConnection[Any], company: Company) -> None:
    row = await (await connection.execute("select 'halfvec'::regtype::oid::bigint")).fetchone()
    assert row is not None
    for at in range(0, len(company.ids), 2_000):
        await connection.execute(
            "insert into app.message_embedding (tenant_id, shelf, message_id, config_hash, embedding)"
            " select t.tenant_id, t.shelf, g.id, %s, g.v from app.tenant as t,"
            " unnest(%s::uuid[], %s::halfvec(768)[]) as g (id, v) where t.tenant_id = %s",
            (
                _MODEL,
                company.ids[at : at + 2_000],
                HalfvecArray(company.vectors[at : at + 2_000], int(row[0])),
                company.tenant_id,
            ),
        )


def _store_seed(url: str, company: Company) -> None:
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy("copy seed.message (tenant_id, text, embedding) from stdin") as copy,
    ):
        for vector in company.vectors:
            copy.write_row((company.tenant_id, "mensagem", _text(vector)))


def _text(vector: Vectors) -> str:
    return "[" + ",".join(f"{value:.6g}" for value in vector) + "]"


async def _compare(context: Context, url: str, api: AsyncPool, company: Company, tier: tiers.Tier) -> dict[str, Any]:
    size = len(company.ids)
    context.progress(f"asking a tenant of {size}")
    truth = np.argsort(-(company.questions @ company.vectors.T), axis=1)[:, :_NEAREST]
    ours: list[float] = []
    seeds: list[float] = []
    found = 0
    async with (
        tenant_transaction(api, Actor(company.tenant_id, None, "analyst")) as connection,
        await AsyncConnection.connect(url, autocommit=True) as seed,
    ):
        for turn in range(-3, len(company.questions)):  # three to warm up
            question = company.questions[turn]
            started = time.perf_counter()
            rows = await (
                await connection.execute(_OURS, (company.tenant_id, Halfvec(question), _MODEL), prepare=False)
            ).fetchall()
            middle = time.perf_counter()
            await (await seed.execute(_SEED, (_text(question), company.tenant_id), prepare=False)).fetchall()
            ended = time.perf_counter()
            if turn >= 0:
                ours.append(middle - started)
                seeds.append(ended - middle)
                found += len({row[0] for row in rows} & {company.ids[at] for at in truth[turn]})
    return {
        "vectors": size,
        "own_shelf": tier.shelf.shelf >= 16,
        "tier": tier.tier,
        "width": tier.reach and tier.reach.width,
        "spare": tier.reach and tier.reach.spare,
        "sampled_recall": tier.recall,
        "recall": found / (_NEAREST * len(company.questions)),
        "p50_ms": round(1000 * percentile(ours, 0.5), 2),
        "seed_p50_ms": round(1000 * percentile(seeds, 0.5), 2),
        "p95_ms": round(1000 * percentile(ours, 0.95), 2),
        "seed_p95_ms": round(1000 * percentile(seeds, 0.95), 2),
        "ratio": round(percentile(ours, 0.95) / percentile(seeds, 0.95), 3),
    }
