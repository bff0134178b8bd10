"""Searching with an embedding server: the one that made the vectors is asked, also after the settings changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.ai.embedder_in_use import EmbedderInUse
from evosense.ai.factory import build_embedder, embedder_spec
from evosense.ai.registered_models import recipe_of
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.scoring.drain import Drain
from evosense.search.embedders import Embedders
from evosense.search.models_in_use import query_vector, search_model
from evosense.search.rank import Query, rank_messages
from evosense.settings import AiSettings, load
from evosense.testing.ai import AiStandIn, Fault
from tests.integration.scoring.conftest import Inbox


@pytest.fixture
def inbox(pipeline_pool):
    return Inbox(pipeline_pool)


@pytest.fixture
async def standin():
    async with AiStandIn() as running:
        yield running


def settings(url: str, model: str = "gemma-test", provider: str = "ollama", **more) -> AiSettings:
    return load(AiSettings, ai_embed_provider=provider, ai_embed_url=url, ai_embed_model=model, **more)


async def embed_all(database_url, pool, ai: AiSettings) -> EmbedderInUse:
    embedder = EmbedderInUse(build_embedder(embedder_spec(ai)))
    await Drain(database_url, pool, EmbeddedScorer(), embedder).run_once()
    await embedder.close()
    return embedder


async def find(api_pool, tenant_id, embedders: Embedders, words: str):
    """The embedder for the tenant's vectors, and what likeness alone finds."""
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        model = await search_model(connection, tenant_id)
        recipe = await recipe_of(connection, tenant_id, model.config_hash)
        embedder = await embedders.of(model, recipe)
        if embedder is None:
            return None, []
        vector = await query_vector("semantic", model, embedder, words)
        page = await rank_messages(connection, tenant_id, Query("", "semantic", vector))
    return embedder, [(hit["text"], hit["similarity"]) for hit in page.hits]


@pytest.mark.parametrize("provider", ["ollama", "openai"])
async def test_queries_are_embedded_by_the_server_that_made_the_vectors(
    database_url, api_pool, pipeline_pool, inbox, tenant_id, standin, provider
):
    for text in ("o boleto venceu", "bom dia"):
        await inbox.receive(tenant_id, text)
    ai = settings(standin.url, provider=provider)
    made = await embed_all(database_url, pipeline_pool, ai)
    embedders = Embedders(ai)
    embedder, found = await find(api_pool, tenant_id, embedders, "o boleto venceu")
    assert embedder.config == made.config
    assert found[0] == ("o boleto venceu", pytest.approx(1, abs=1e-3))
    await embedders.close()


@pytest.mark.parametrize(
    "changed", [{"model": "qwen-test"}, {"model": "qwen-test", "ai_embed_prefix": "query: "}, {"provider": "embedded"}]
)
async def test_after_a_change_the_former_model_is_built_again_by_its_recipe(
    database_url, api_pool, pipeline_pool, inbox, tenant_id, standin, changed
):
    await inbox.receive(tenant_id, "o boleto venceu")
    made = await embed_all(database_url, pipeline_pool, settings(standin.url))
    embedders = Embedders(settings(standin.url, **changed))
    embedder, found = await find(api_pool, tenant_id, embedders, "o boleto venceu")
    assert embedder.config == made.config
    assert embedders.current.config != made.config
    assert found == [("o boleto venceu", pytest.approx(1, abs=1e-3))]
    assert (await find(api_pool, tenant_id, embedders, "o"))[0] is embedder
    await embedders.close()


async def test_the_former_server_may_be_another_one(database_url, api_pool, pipeline_pool, inbox, tenant_id, standin):
    await inbox.receive(tenant_id, "o boleto venceu")
    made = await embed_all(database_url, pipeline_pool, settings(standin.url))
    async with AiStandIn(models=("qwen-test",)) as other:
        elsewhere = Embedders(settings(other.url, "qwen-test"))
        assert await find(api_pool, tenant_id, elsewhere, "o boleto venceu") == (None, [])
        await elsewhere.close()
        told = Embedders(settings(other.url, "qwen-test", ai_embed_previous_url=standin.url))
        embedder, _ = await find(api_pool, tenant_id, told, "o boleto venceu")
        assert embedder.config == made.config
        await told.close()


async def test_scores_go_on_while_the_embedding_server_is_away(database_url, pipeline_pool, inbox, tenant_id, standin):
    await inbox.receive(tenant_id, "adorei")
    away = replace(embedder_spec(settings(standin.url)), url="http://127.0.0.1:9")
    embedder = EmbedderInUse(build_embedder(away))
    await Drain(database_url, pipeline_pool, EmbeddedScorer(), embedder).run_once()
    await embedder.close()
    assert await inbox.rows("select count(*) from app.message_score") == [(1,)]
    assert await inbox.rows("select kind, attempts, lease_until from app.ai_task") == [("embed", 0, None)]
    standin.script.faults.append(Fault(status=503))
    await embed_all(database_url, pipeline_pool, settings(standin.url))
    assert await inbox.rows("select attempts from app.ai_task") == [(1,)]
    await inbox.rows("update app.ai_task set next_attempt_at = now() returning 1")
    made = await embed_all(database_url, pipeline_pool, settings(standin.url))
    assert await inbox.rows("select config_hash from app.message_embedding") == [(made.config.config_hash,)]
    assert made.config.config_hash != EmbeddedEmbedder().config.config_hash


@pytest.mark.parametrize("provider", ["ollama", "openai"])
@pytest.mark.parametrize("status", [401, 404])
async def test_a_server_that_refuses_everybody_costs_no_text_its_tries(
    database_url, pipeline_pool, inbox, tenant_id, standin, provider, status
):
    """A key that ran out, or a model that was taken away: the work waits until an operator has seen to it."""
    for text in ("o boleto venceu", "bom dia", "obrigada"):
        await inbox.receive(tenant_id, text, kinds=("embed",))
    clock = [0.0]
    embedder = EmbedderInUse(
        build_embedder(embedder_spec(settings(standin.url, provider=provider))), now=lambda: clock[0]
    )
    assert await embedder.identify() is None
    drain = Drain(database_url, pipeline_pool, EmbeddedScorer(), embedder)
    standin.script.faults.append(Fault(status=status))
    await drain.run_once(("embed",))
    assert not standin.script.faults
    tasks = "select attempts, claims, lease_until, next_attempt_at > now() from app.ai_task"
    assert await inbox.rows(tasks) == [(0, 0, None, True)] * 3
    assert await inbox.rows("select count(*) from app.inference_attempt") == [(0,)]
    await inbox.rows("update app.ai_task set next_attempt_at = now() returning 1")
    assert await drain.run_once(("embed",)) == 0  # nobody is asked meanwhile
    clock[0] += 31
    assert await drain.run_once(("embed",)) == 3
    assert await inbox.rows("select count(*) from app.message_embedding") == [(3,)]
    await embedder.close()
