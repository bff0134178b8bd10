"""POST /api/ai/analyze: a validated answer, and nothing written."""

import pytest

from tests.integration.search.corpus import Chat

COUNTS = (
    "select (select count(*) from app.message_score), (select count(*) from app.inference),"
    " (select count(*) from app.ai_task)"
)


@pytest.fixture
async def chats(pipeline_pool, people):
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        yield {name: await Chat(connection, people[name].tenant_id).open() for name in ("ana", "bia")}


async def counts(pool):
    async with pool.connection() as connection:
        return await (await connection.execute(COUNTS)).fetchone()


@pytest.fixture
def analyze(api, people):
    async def call(body: dict):
        return await api.client.post("/api/ai/analyze", json=body, headers=api.headers(people["ana"]))

    return call


async def test_texts_and_messages_are_judged_and_nothing_is_written(analyze, chats, pipeline_pool):
    liked = await chats["ana"].say("Adorei, muito obrigada!")
    hated = await chats["ana"].say("Péssimo atendimento, odiei")
    before = await counts(pipeline_pool)
    answer = await analyze({"message_ids": [str(hated), str(liked), str(hated)]})
    assert answer.status_code == 200, answer.text
    assert [one["message_id"] for one in answer.json()] == [str(hated), str(liked)]
    assert [one["score"]["sentiment"] > 0 for one in answer.json()] == [False, True]
    [typed] = (await analyze({"text": "Adorei, muito obrigada!"})).json()
    assert (typed["status"], typed["provider"], typed["message_id"], typed["reasked"]) == (
        "ok",
        "embedded",
        None,
        False,
    )
    assert await counts(pipeline_pool) == before


async def test_personal_data_in_a_text_is_masked(analyze):
    answer = await analyze({"text": "meu CPF é 529.982.247-25"})
    assert "529" not in answer.text
    assert "<CPF>" in answer.json()[0]["score"]["summary"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "oi", "message_ids": ["00000000-0000-7000-8000-000000000000"]},
        {"text": "oi", "prompt": {"messages": [{"role": "user", "content": "sem lugar"}]}},
    ],
)
async def test_what_can_not_be_asked(analyze, body):
    assert (await analyze(body)).status_code == 422


async def test_another_companys_message_is_not_found(analyze, chats):
    foreign = await chats["bia"].say("segredo")
    own = await chats["ana"].say("oi")
    assert (await analyze({"message_ids": [str(own), str(foreign)]})).status_code == 404
