"""Messages like a message and chats like a chat."""

import pytest

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import NotFound
from evosense.search.models_in_use import SearchModel
from evosense.search.similar import like_chat, like_message
from tests.integration.search.corpus import EMBEDDER, Chat

MODEL = SearchModel(has_embeddings=True, config_hash=EMBEDDER.config.config_hash, related_above=0.35)
NO_MODEL = SearchModel(has_embeddings=False, config_hash=None, related_above=None)


@pytest.fixture
async def chats(pipeline_pool, tenant_id):
    """Three chats: two about deliveries, one about opening hours."""
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        made = [await Chat(connection, tenant_id).open() for _ in range(3)]
        for chat, texts in zip(
            made,
            (
                ("minha entrega atrasou", "cadê a entrega do pedido"),
                ("a entrega do pedido atrasou", "entrega atrasada de novo"),
                ("qual o horário da loja", "vocês abrem no domingo"),
            ),
            strict=True,
        ):
            for text in texts:
                await chat.say(text, embed=True)
        yield made


async def test_the_likest_chat_comes_first_and_not_itself(api_pool, chats, tenant_id):
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        found = await like_chat(connection, tenant_id, chats[0].id, MODEL)
    assert [chat.chat_id for chat in found] == [chats[1].id, chats[2].id]
    assert found[0].similarity > 0.35 > found[1].similarity
    assert found[0].messages == 2
    assert found[0].best["text"] == "a entrega do pedido atrasou"


async def test_a_chat_with_many_near_messages_hides_no_other(api_pool, chats, tenant_id):
    for number in range(40):
        await chats[0].say(f"minha entrega atrasou {number}", embed=True)
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        found = await like_chat(connection, tenant_id, chats[0].id, MODEL, limit=2)
    assert [chat.chat_id for chat in found] == [chats[1].id, chats[2].id]


async def test_foreign_chats_and_messages_are_not_found(api_pool, chats, other_tenant_id):
    async with tenant_transaction(api_pool, Actor(other_tenant_id, None, "analyst")) as connection:
        with pytest.raises(NotFound):
            await like_chat(connection, other_tenant_id, chats[0].id, MODEL)
        with pytest.raises(NotFound):
            await like_message(connection, other_tenant_id, chats[0].id, MODEL)


async def test_messages_like_a_message_with_and_without_vectors(api_pool, chats, tenant_id):
    asked = await chats[2].say("a entrega atrasou", embed=True)
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        by_vector = await like_message(connection, tenant_id, asked, MODEL)
        by_words = await like_message(connection, tenant_id, asked, NO_MODEL)
        related = await like_message(connection, tenant_id, asked, MODEL, related_only=True)
    assert len(by_vector.hits) == 6
    assert str(asked) not in {hit["id"] for hit in by_vector.hits}
    assert by_vector.hits[0]["text"] in ("minha entrega atrasou", "a entrega do pedido atrasou")
    assert {hit["text"] for hit in by_words.hits} >= {"minha entrega atrasou", "a entrega do pedido atrasou"}
    assert by_words.config_hash is None
    assert all(hit["related"] for hit in related.hits)


async def test_a_chat_without_vectors_is_like_none(api_pool, chats, tenant_id, pipeline_pool):
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        silent = await Chat(connection, tenant_id).open()
        await silent.say("sem vetor")
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
        assert await like_chat(connection, tenant_id, silent.id, MODEL) == []
