"""Likeness: the nearest vectors of the tenant's own and the same model's, fused with the words."""

from uuid import uuid4

import numpy as np
import pytest

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.search.models import MessageFilter
from evosense.search.models_in_use import QueryVector, SearchModel, query_vector
from evosense.search.rank import Query, rank_messages
from tests.integration.search.corpus import EMBEDDER, Chat

TALK = [
    "meu pedido está atrasado há uma semana",
    "pedidos atrasados de novo, que descaso",
    "qual o horário de funcionamento da clínica?",
    "obrigada pelo atendimento, adorei",
]


@pytest.fixture
async def chat(pipeline_pool, tenant_id):
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        chat = await Chat(connection, tenant_id).open()
        for text in TALK:
            await chat.say(text, embed=True)
        yield chat


async def search(api_pool, tenant, query, *, config_hash=None, wanted=None, limit=20):
    vector = await query_vector("hybrid", SearchModel(True, None, None), EMBEDDER, query)
    if config_hash:
        vector = QueryVector(vector.vector, config_hash, vector.weight)
    asked = Query(query, vector=vector, wanted=wanted or MessageFilter())
    async with tenant_transaction(api_pool, Actor(tenant, None, "analyst")) as connection:
        return (await rank_messages(connection, tenant, asked, page_size=limit)).hits


async def test_the_likest_come_first(api_pool, chat, tenant_id):
    hits = await search(api_pool, tenant_id, "pedido atrasado")
    assert {hit["text"] for hit in hits[:2]} == set(TALK[:2])
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert 0 < hits[0]["similarity"] <= 1


async def test_exact_scan_agrees_with_brute_force(api_pool, chat, tenant_id):
    query = EMBEDDER.embed_now(["horario da clinica"])[0]
    cosines = dict(zip(TALK, (EMBEDDER.embed_now(TALK) @ query).tolist(), strict=True))
    for hit in await search(api_pool, tenant_id, "horario da clinica"):
        assert hit["similarity"] == pytest.approx(cosines[hit["text"]], abs=2e-3)  # stored at half precision


async def test_a_message_without_a_vector_is_found_by_its_words(api_pool, chat, tenant_id):
    await chat.say("preciso da nota fiscal")
    hits = await search(api_pool, tenant_id, "nota fiscal")
    (hit,) = [hit for hit in hits if hit["text"] == "preciso da nota fiscal"]
    assert hit["similarity"] is None
    assert hit["score"] == pytest.approx(0.8, abs=0.001)  # it leads the words, which count 0.8 beside a lexical model


async def test_vectors_of_another_model_never_meet(api_pool, chat, tenant_id):
    hits = await search(api_pool, tenant_id, "semana de clínica", config_hash="c1:other")
    assert all(hit["similarity"] is None for hit in hits)


async def test_another_tenant_finds_nothing(api_pool, chat, other_tenant_id):
    assert await search(api_pool, other_tenant_id, TALK[0]) == []


async def test_filters_and_limit_hold(api_pool, chat, tenant_id):
    await chat.say(TALK[0], embed=True, direction="out")
    hits = await search(api_pool, tenant_id, TALK[0], wanted=MessageFilter(direction="out"))
    assert [(hit["text"], hit["direction"]) for hit in hits] == [(TALK[0], "out")]
    assert await search(api_pool, tenant_id, TALK[0], wanted=MessageFilter(chat_id=uuid4())) == []
    assert len(await search(api_pool, tenant_id, TALK[0], limit=1)) == 1


async def test_deleted_messages_stay_away(api_pool, chat, tenant_id):
    await chat.say("isto foi apagado", embed=True, deleted=True)
    assert "isto foi apagado" not in str(await search(api_pool, tenant_id, "isto foi apagado"))


async def test_a_query_without_words(api_pool, chat, tenant_id):
    assert not np.any(EMBEDDER.embed_now(["?!"])[0])
    assert await search(api_pool, tenant_id, "?!") == []
