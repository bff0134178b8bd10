"""The drain on real Postgres: what it writes, once, and what it does with answers that are no good."""

import asyncio

import orjson
import pytest

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.protocols import CallFailure, ScoringAnswer
from evosense.ai.tasks import waiting
from evosense.db.ids import EVERYONE
from evosense.prompts.default import DEFAULT_PROMPT
from tests.integration.scoring.scorers import GOOD, Scripted, Waiting


async def test_a_message_is_scored_embedded_and_announced(drain, inbox, tenant_id, api_pool):
    message_id = await inbox.receive(tenant_id, "Muito obrigada, adorei!")
    assert await drain().run_once() == 2
    [score] = await inbox.rows(
        "select s.message_id, s.sentiment::float8, s.emotion, i.summary, i.status, i.purpose, s.prompt_hash"
        " from app.message_score s join app.inference i on i.tenant_id = s.tenant_id and i.id = s.inference_id"
    )
    assert score[0] == message_id
    assert score[1] > 0.6
    assert score[2:6] == ("alegria", "Muito obrigada, adorei!", "ok", "prod")
    assert score[6] == DEFAULT_PROMPT.prompt_hash
    [vector] = await inbox.rows("select vector_dims(embedding), l2_norm(embedding) from app.message_embedding")
    assert vector[0] == 768
    assert vector[1] == pytest.approx(1.0, abs=1e-3)
    [event] = await inbox.rows("select type, payload from app.live_event")
    assert event[0] == "message_analyzed"
    assert event[1]["message_id"] == str(message_id)
    assert event[1]["day"] == "2026-11-10"
    assert "adorei" not in orjson.dumps(event[1]).decode()
    assert await inbox.rows("select cause, local_day::text from app.dirty") == [("score", "2026-11-10")]
    async with inbox.pool.connection() as connection:
        assert await waiting(connection) == {}
    models = await inbox.rows("select tenant_id, model, provider from app.model_config order by model")
    assert models == [(EVERYONE, "hashed-lexical-768-1", "embedded"), (EVERYONE, "leia-rules-1", "embedded")]


async def test_the_stored_vector_is_the_embedders(drain, inbox, tenant_id):
    await inbox.receive(tenant_id, "qual o prazo de entrega?", kinds=("embed",))
    await drain().run_once()
    [row] = await inbox.rows("select embedding::text from app.message_embedding")
    expected = EmbeddedEmbedder().embed_now(["qual o prazo de entrega?"])[0]
    assert orjson.loads(row[0]) == pytest.approx(expected.tolist(), abs=1e-3)


async def test_running_again_pays_for_nothing(drain, inbox, tenant_id):
    message_id = await inbox.receive(tenant_id, "péssimo", kinds=("score",))
    scorer = Scripted(lambda _request: ScoringAnswer(GOOD))
    await drain(scorer).run_once()
    await inbox.rows(
        "insert into app.ai_task (tenant_id, id, kind, message_id, shard)"
        " values (%s, gen_random_uuid(), 'score', %s, 0) returning 1",
        tenant_id,
        message_id,
    )
    assert await drain(scorer).run_once() == 1
    assert scorer.asked == ["péssimo"]
    assert await inbox.rows("select count(*) from app.inference") == [(1,)]


async def test_an_edit_in_flight_is_scored_again_and_the_old_answer_is_never_official(drain, inbox, tenant_id):
    message_id = await inbox.receive(tenant_id, "amei", kinds=("score",))
    scorer = Waiting()
    running = asyncio.create_task(drain(scorer).run_once())
    await scorer.reached.wait()
    await inbox.edit(tenant_id, message_id, "odiei")
    scorer.let.set()
    await running
    assert scorer.asked == ["amei", "odiei"]
    rows = await inbox.rows(
        "select s.input_hash = i.input_hash, i.revision from app.message_score s"
        " join app.scoring_input i on i.tenant_id = s.tenant_id and i.message_id = s.message_id order by i.revision"
    )
    assert rows == [(False, 0), (True, 1)]
    assert await inbox.rows("select count(*) from app.live_event where type = 'message_analyzed'") == [(1,)]


async def test_context_is_frozen_at_the_first_claim(drain, inbox, tenant_id):
    await inbox.receive(tenant_id, "meu pedido atrasou", minutes=1, kinds=())
    await inbox.receive(tenant_id, "vamos ver", minutes=2, direction="out", kinds=())
    message_id = await inbox.receive(tenant_id, "e então?", minutes=3, kinds=("score",))
    await drain().run_once()
    await inbox.receive(tenant_id, "chegou tarde pela rede", minutes=2.5, kinds=())
    await inbox.rows(
        "insert into app.ai_task (tenant_id, id, kind, purpose, message_id, shard, replicate)"
        " values (%s, gen_random_uuid(), 'score', 'aa', %s, 0, 1) returning 1",
        tenant_id,
        message_id,
    )
    await drain().run_once()
    rows = await inbox.rows("select input_hash, cardinality(context_message_ids) from app.scoring_input")
    assert [row[1] for row in rows] == [2]
    inferences = await inbox.rows("select input_hash, replicate, purpose from app.inference order by replicate")
    assert inferences == [(rows[0][0], 0, "prod"), (rows[0][0], 1, "aa")]


async def test_only_the_champion_writes_the_score(drain, inbox, tenant_id):
    message_id = await inbox.receive(tenant_id, "adorei", kinds=())
    for purpose in ("shadow", "replay", "aa"):
        await inbox.rows(
            "insert into app.ai_task (tenant_id, id, kind, purpose, prompt_hash, message_id, shard)"
            " values (%s, gen_random_uuid(), 'score', %s, %s, %s, 0) returning 1",
            tenant_id,
            purpose,
            "p1:" + purpose,
            message_id,
        )
    await drain().run_once()
    assert await inbox.rows("select count(*) from app.inference") == [(3,)]
    assert await inbox.rows("select count(*) from app.message_score") == [(0,)]
    assert await inbox.rows("select count(*) from app.live_event") == [(0,)]


async def test_an_invalid_answer_is_kept_and_asked_no_more(drain, inbox, tenant_id):
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    await drain(Scripted(lambda _request: ScoringAnswer({**GOOD, "sentiment_x100": 101}))).run_once()
    assert await inbox.rows("select status, sentiment from app.inference") == [("invalid", None)]
    assert await inbox.rows("select count(*) from app.message_score") == [(0,)]
    assert await inbox.rows("select count(*) from app.ai_task") == [(0,)]


async def test_a_failed_call_waits_without_a_lease_and_is_given_up_at_last(drain, inbox, tenant_id):
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    scorer = Scripted(lambda _request: CallFailure("timeout"))
    for attempt in (1, 2, 3):
        assert await drain(scorer).run_once() == 1
        [task] = await inbox.rows(
            "update app.ai_task set next_attempt_at = now() where next_attempt_at > now()"
            " returning attempts, lease_owner, fence"
        )
        assert task == (attempt, None, None)
    await drain(scorer).run_once()
    assert await inbox.rows("select count(*) from app.ai_task") == [(0,)]
    assert await inbox.rows("select kind, error_class, attempts from app.failed_task") == [("score", "timeout", 4)]
    assert await inbox.rows("select count(*) from app.inference_attempt") == [(4,)]


async def test_one_poisonous_message_does_not_hold_up_the_others(drain, inbox, tenant_id):
    def act(request):
        if request.text == "veneno":
            raise RuntimeError(request.text)
        return ScoringAnswer(GOOD)

    for text in ("a", "veneno", "b"):
        await inbox.receive(tenant_id, text, kinds=("score",))
    await drain(Scripted(act)).run_once()
    assert await inbox.rows("select count(*) from app.message_score") == [(2,)]
    assert await inbox.rows("select error_class from app.failed_task") == [("scorer_error",)]


async def test_an_answer_that_postgres_refuses_is_given_up_alone(drain, inbox, tenant_id):
    def act(request):
        # An integer column can't hold it: the write fails, not the validation.
        return ScoringAnswer(GOOD, tokens_in=2**40 if request.text == "veneno" else 1)

    for text in ("a", "veneno", "b"):
        await inbox.receive(tenant_id, text, kinds=("score",))
    await drain(Scripted(act)).run_once()
    assert await inbox.rows("select count(*) from app.message_score") == [(2,)]
    assert await inbox.rows("select kind from app.failed_task") == [("score",)]
    assert await inbox.rows("select count(*) from app.ai_task") == [(0,)]


async def test_a_message_that_lost_its_text_needs_no_answer(drain, inbox, tenant_id):
    await inbox.receive(tenant_id, None)
    assert await drain().run_once() == 2
    assert await inbox.rows("select (select count(*) from app.inference), (select count(*) from app.ai_task)") == [
        (0, 0)
    ]
