"""The student in the database: taught by the champion and by people, used only where a list names it, and named."""

import pytest

from evosense.ai.backend_list import put_backend, read_lists
from evosense.ai.backend_spec import BackendSpec
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.ai.factory import build_scorer
from evosense.ai.fleet import Fleet
from evosense.ai.lane import Lane
from evosense.ai.student.repository import read_examples, read_student, teach
from evosense.db.ids import EVERYONE
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import ConfigurationError
from evosense.scoring.drain import Drain

SAID = (("o xarope {} chegou", -0.8, "raiva"), ("outra piruleta {}", 0.8, "alegria"), ("onde fica {}", 0.0, "neutro"))


@pytest.fixture
async def scored(inbox, tenant_id):
    """Three hundred messages in 30 chats with a champion's scores."""
    async with inbox.pool.connection() as connection:
        for number in range(300):
            text, sentiment, emotion = SAID[number % 3]
            message_id = await inbox.receive(tenant_id, text.format(number % 20), chat=number // 10, kinds=())
            await connection.execute(
                "insert into app.message_score (tenant_id, message_id, inference_id, input_hash, prompt_hash,"
                " config_hash, sentiment, satisfaction, emotion, tone)"
                " values (%s, %s, %s, 'x', 'p1:x', 'c1:x', %s, %s, %s, 'neutro')",
                (tenant_id, message_id, message_id, sentiment, round(50 + 50 * sentiment), emotion),
            )
    return message_id


def fleet() -> Fleet:
    return Fleet([Lane(EmbeddedScorer(), "embedded")], build_scorer, {})


async def test_it_scores_only_where_it_was_chosen_and_is_named(
    database_url, inbox, scored, tenant_id, other_tenant_id, pipeline_pool
):
    async with pipeline_pool.connection() as connection:
        quality = await teach(connection, tenant_id)
        assert await teach(connection, other_tenant_id) is None
        student = await read_student(connection, tenant_id)
    assert quality.macro_f1 > 0.9
    assert await inbox.rows(
        "select provider, model from app.model_config where tenant_id = %s and config_hash = %s",
        tenant_id, student.config.config_hash,
    ) == [("student", "hashed-linear-1")]  # fmt: skip

    first = await inbox.receive(tenant_id, "o xarope chegou", kinds=("score",))
    await Drain(database_url, pipeline_pool, fleet(), EmbeddedEmbedder()).run_once(("score",))
    async with pipeline_pool.connection() as connection:
        await put_backend(connection, tenant_id, BackendSpec("aluno", "student"))
    second = await inbox.receive(tenant_id, "o xarope chegou", minutes=1, kinds=("score",))
    await Drain(database_url, pipeline_pool, fleet(), EmbeddedEmbedder()).run_once(("score",))
    providers = dict(
        await inbox.rows(
            "select i.message_id, c.provider from app.inference as i inner join app.model_config as c"
            " on c.config_hash = i.config_hash"
        )
    )
    assert providers == {first: "embedded", second: "student"}
    async with pipeline_pool.connection() as connection:
        # What a student said teaches no student.
        assert len(await read_examples(connection, tenant_id)) == 301


async def test_a_persons_word_goes_before_the_champions(inbox, scored, tenant_id, pipeline_pool):
    async with pipeline_pool.connection() as connection:
        await connection.execute(
            "insert into app.human_label (tenant_id, message_id, rater, rubric_version, input_revision,"
            " sentiment, emotion)"
            " values (%s, %s, 'ana', 'r1', 0, -0.9, 'tristeza'), (%s, %s, 'bia', 'r1', 0, -0.7, 'tristeza')",
            (tenant_id, scored, tenant_id, scored),
        )
        (labelled,) = [one for one in await read_examples(connection, tenant_id) if one.by_person]
    assert (labelled.sentiment, labelled.emotion, labelled.satisfaction) == (pytest.approx(-0.8), "tristeza", None)


async def test_before_its_first_training_a_student_cannot_be_used(tenant_id, pipeline_pool):
    async with pipeline_pool.connection() as connection:
        await put_backend(connection, tenant_id, BackendSpec("aluno", "student"))
        lists = await read_lists(connection, {})
    with pytest.raises(ConfigurationError, match="student_models"):
        build_scorer(lists[tenant_id][0])


async def test_the_api_may_ask_a_tenants_own_student(api_pool, pipeline_pool, scored, tenant_id, other_tenant_id):
    async with pipeline_pool.connection() as connection:
        await teach(connection, tenant_id)
        for owner in (tenant_id, other_tenant_id):
            await put_backend(connection, owner, BackendSpec("aluno", "student"))
    providers = {}
    for owner in (tenant_id, other_tenant_id):
        async with tenant_transaction(api_pool, Actor(owner, None, "admin")) as connection:
            [lane] = await fleet().read_chain(connection, owner)
            providers[owner] = lane.config.provider
    assert providers == {tenant_id: "student", other_tenant_id: "embedded"}  # the other one has learned nothing yet


async def test_everybody_has_no_student(pipeline_pool):
    async with pipeline_pool.connection() as connection:
        with pytest.raises(ConfigurationError, match="that tenant's list"):
            await put_backend(connection, EVERYONE, BackendSpec("aluno", "student"))
