"""A new embedding model: the old one is searched until every message has a vector of the new, then the new one."""

import numpy as np
import pytest

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.ai.model_config import ModelConfig
from evosense.ai.tasks import wake
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.embeddings import spaces
from evosense.embeddings.repository import enqueue_missing
from evosense.errors import InvalidInput
from evosense.scoring.drain import Drain
from evosense.search.models_in_use import embedder_of, query_vector, search_model
from evosense.search.rank import Query, rank_messages
from tests.integration.scoring.conftest import NOON

DAY = NOON.date()


class Reversed(EmbeddedEmbedder):
    """Another model: the same features in the opposite order. `refuses` names a word whose texts it fails on."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.batches: list[int] = []

    @property
    def config(self) -> ModelConfig:
        return ModelConfig("embedded", "reversed-1")

    async def embed(self, texts):
        self.batches.append(len(texts))
        if self.refuses and any(self.refuses in text for text in texts):
            raise InvalidInput("one text is too much for the model")
        return np.ascontiguousarray((await super().embed(texts))[:, ::-1]) * 3  # not of length 1


async def drain(database_url, pool, embedder) -> None:
    await Drain(database_url, pool, EmbeddedScorer(), embedder).run_once(("embed",))


async def models(api_pool, tenant_id) -> tuple[str | None, list[str]]:
    """The model that search uses, and the texts that likeness alone finds with it."""
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        model = await search_model(connection, tenant_id)
        embedder = embedder_of(model, (Reversed(),))
        vector = await query_vector("semantic", model, embedder, "boleto vencido")
        page = await rank_messages(connection, tenant_id, Query("", "semantic", vector))
    return embedder.config.model, [hit["text"] for hit in page.hits]


async def test_the_old_model_is_searched_until_the_new_one_is_complete(
    database_url, api_pool, pipeline_pool, inbox, tenant_id
):
    old, new = EmbeddedEmbedder(), Reversed()
    await inbox.receive(tenant_id, "o boleto venceu", kinds=("embed",))
    await inbox.receive(tenant_id, "bom dia", kinds=("embed",), minutes=60 * 24)
    await drain(database_url, pipeline_pool, old)
    assert await models(api_pool, tenant_id) == (old.config.model, ["o boleto venceu", "bom dia"])

    # The first day is embedded anew, the second is not: search stays where it is complete.
    async with pipeline_pool.connection() as connection:
        assert await enqueue_missing(connection, DAY, DAY, new.config.config_hash) == 1
        await wake(connection, "embed")
    await drain(database_url, pipeline_pool, new)
    async with pipeline_pool.connection() as connection:
        (change,) = await spaces.complete_changes(connection)
        assert (change.missing, change.to_hash) == (1, new.config.config_hash)
        assert await spaces.forget_unused(connection) == 0
    assert await models(api_pool, tenant_id) == (old.config.model, ["o boleto venceu", "bom dia"])

    async with pipeline_pool.connection() as connection:
        await enqueue_missing(connection, DAY, DAY.replace(day=DAY.day + 1), new.config.config_hash)
    await drain(database_url, pipeline_pool, new)
    async with pipeline_pool.connection() as connection:
        (change,) = await spaces.complete_changes(connection)
        assert change.missing == 0
        assert await spaces.complete_changes(connection) == []
        assert await spaces.forget_unused(connection) == 2
    assert await models(api_pool, tenant_id) == ("reversed-1", ["o boleto venceu", "bom dia"])
    ((length,),) = await inbox.rows("select distinct round(l2_norm(embedding)::numeric, 2) from app.message_embedding")
    assert length == 1


async def test_a_bad_text_is_found_by_halving_and_costs_no_other_its_vector(
    database_url, api_pool, pipeline_pool, inbox, tenant_id
):
    embedder = Reversed(refuses="veneno")
    for number in range(8):
        await inbox.receive(tenant_id, "veneno" if number == 5 else f"texto {number}", kinds=("embed",))
    await drain(database_url, pipeline_pool, embedder)
    assert await inbox.rows("select count(*) from app.message_embedding") == [(7,)]
    assert await inbox.rows("select kind, error_class from app.failed_task") == [("embed", "InvalidInput")]
    assert sorted(embedder.batches, reverse=True)[:3] == [8, 4, 4]
    assert max(embedder.batches) == 8
    assert len(embedder.batches) == 7  # 8, 4 + 4, 2 + 2, 1 + 1
    assert await inbox.rows("select count(*) from app.ai_task") == [(0,)]


@pytest.mark.parametrize("given_up", [True, False])
async def test_a_message_that_cannot_be_embedded_does_not_hold_the_change_up(
    database_url, pipeline_pool, inbox, tenant_id, given_up
):
    await inbox.receive(tenant_id, "o boleto venceu", kinds=("embed",))
    await inbox.receive(tenant_id, "veneno", kinds=("embed",))
    await drain(database_url, pipeline_pool, EmbeddedEmbedder())
    async with pipeline_pool.connection() as connection:
        await enqueue_missing(connection, DAY, DAY, Reversed().config.config_hash)
    await drain(database_url, pipeline_pool, Reversed(refuses="veneno"))
    async with pipeline_pool.connection() as connection:
        if not given_up:
            await connection.execute("delete from app.failed_task")
        (change,) = await spaces.complete_changes(connection)
    assert change.missing == (0 if given_up else 1)


async def test_a_server_that_refuses_most_texts_does_not_take_the_search_over(
    database_url, api_pool, pipeline_pool, inbox, tenant_id
):
    """A key that runs out halfway: what was given up since must not count as done, or the old vectors would go."""
    for number in range(8):
        await inbox.receive(tenant_id, f"boleto vencido {number}" if number else "oi", kinds=("embed",))
    await drain(database_url, pipeline_pool, EmbeddedEmbedder())
    async with pipeline_pool.connection() as connection:
        await enqueue_missing(connection, DAY, DAY, Reversed().config.config_hash)
    await drain(database_url, pipeline_pool, Reversed(refuses="boleto"))
    async with pipeline_pool.connection() as connection:
        (change,) = await spaces.complete_changes(connection)
        assert (change.embedded, change.given_up, change.missing) == (1, 7, 0)
        assert await spaces.forget_unused(connection) == 0
    assert (await models(api_pool, tenant_id))[0] == EmbeddedEmbedder().config.model

    async with pipeline_pool.connection() as connection:  # the key was mended, the days are asked for again
        await enqueue_missing(connection, DAY, DAY, Reversed().config.config_hash)
    await drain(database_url, pipeline_pool, Reversed())
    async with pipeline_pool.connection() as connection:
        (change,) = await spaces.complete_changes(connection)
        assert (change.embedded, change.missing) == (8, 0)
    assert (await models(api_pool, tenant_id))[0] == "reversed-1"


async def test_a_third_model_while_the_second_is_half_done_and_back_to_the_first(
    database_url, api_pool, pipeline_pool, inbox, tenant_id
):
    class Third(Reversed):
        @property
        def config(self) -> ModelConfig:
            return ModelConfig("embedded", "third-1")

    old = EmbeddedEmbedder()
    for number in range(4):
        await inbox.receive(tenant_id, f"boleto vencido {number}", kinds=("embed",))
    await drain(database_url, pipeline_pool, old)
    for embedder in (Reversed(), Third(), Reversed()):
        await inbox.receive(tenant_id, "mais um boleto vencido", kinds=("embed",))
        await drain(database_url, pipeline_pool, embedder)
        async with pipeline_pool.connection() as connection:
            (change,) = await spaces.complete_changes(connection)
            assert (change.to_hash, change.is_complete) == (embedder.config.config_hash, False)
            await spaces.forget_unused(connection)
        name, found = await models(api_pool, tenant_id)
        assert (name, len(found)) == (old.config.model, 4)
    async with pipeline_pool.connection() as connection:
        await enqueue_missing(connection, DAY, DAY, old.config.config_hash)
    await drain(database_url, pipeline_pool, old)
    async with pipeline_pool.connection() as connection:
        assert await spaces.complete_changes(connection) == []
        assert await spaces.forget_unused(connection) == 1
    name, found = await models(api_pool, tenant_id)
    assert (name, len(found)) == (old.config.model, 7)
