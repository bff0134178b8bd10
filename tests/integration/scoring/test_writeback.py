"""What a batch of answers leaves behind, whoever stored which of them first."""

from evosense.ai.protocols import ScoringAnswer
from evosense.ai.tasks import Task, claim
from evosense.scoring.contract import validate
from evosense.scoring.inputs import read_inputs
from evosense.scoring.models import Question, Scored
from evosense.scoring.repository import answer_columns, store_answers
from evosense.scoring.writeback import write_back

_PLAIN = {"satisfaction": 70, "emotion": "alegria", "tone": "neutro", "summary": "Elogia."}


def answered(question: Question, sentiment_x100: int | None) -> Scored:
    """A question with a valid answer, or with one that is no answer."""
    content = "não sei" if sentiment_x100 is None else {**_PLAIN, "sentiment_x100": sentiment_x100}
    answer = ScoringAnswer(content, latency_ms=5)
    return Scored(question, answer, validate(answer, message_text=question.input.text))


async def questions_of(pool, texts: int) -> list[Question]:
    async with pool.connection() as c:
        tasks: list[Task] = await claim(c, "score", owner="t", shards=range(64), limit=texts, lease_seconds=60)
    async with pool.connection() as c:
        inputs = await read_inputs(c, tasks)
    return [
        Question(task, inputs[task.tenant_id, task.message_id], task.prompt_hash or "p1:t", "c1:t") for task in tasks
    ]


async def test_the_answer_that_was_stored_first_counts(inbox, tenant_id, admin_connection):
    for number in range(4):
        await inbox.receive(tenant_id, f"oi {number}", kinds=("score",))
    fresh, raced, invalid, reasked = await questions_of(inbox.pool, 4)
    again = Question(reasked.task, reasked.input, reasked.prompt_hash, reasked.config_hash, is_reask=True)
    async with inbox.pool.connection() as c:  # another worker, which dies before its task ends
        assert await store_answers(c, [answered(raced, -90)], answer_columns([answered(raced, -90)]), ()) == set()
    batch = [answered(fresh, 10), answered(raced, 90), answered(invalid, None), answered(reasked, None)]
    async with inbox.pool.connection() as c:
        written = await write_back(c, [*batch, answered(again, 30)])
    assert written.ended == {q.task.id for q in (fresh, raced, invalid, reasked)}
    expected = {fresh.task.message_id: 0.1, raced.task.message_id: -0.9, reasked.task.message_id: 0.3}
    assert {one.message_id: one.sentiment for one in written.analyzed} == expected
    scores = admin_connection.execute(
        "select s.message_id, i.sentiment::float8 from app.message_score as s"
        " inner join app.inference as i on i.tenant_id = s.tenant_id and i.id = s.inference_id"
        " and i.sentiment = s.sentiment"
    ).fetchall()
    assert dict(scores) == expected
    told = "select (payload ->> 'message_id')::uuid, (payload ->> 'sentiment')::float8 from app.live_event"
    assert dict(admin_connection.execute(told).fetchall()) == expected
    assert admin_connection.execute("select count(*) from app.inference").fetchone() == (5,)
    assert admin_connection.execute("select count(*) from app.ai_task").fetchone() == (0,)


async def test_what_is_told_is_the_champions_score_whatever_else_was_asked_of_the_message(
    inbox, tenant_id, admin_connection
):
    message_id = await inbox.receive(tenant_id, "oi", kinds=("score",))
    async with inbox.pool.connection() as c:
        await c.execute(
            "insert into app.ai_task (tenant_id, id, kind, purpose, prompt_hash, message_id, shard)"
            " select tenant_id, gen_random_uuid(), kind, 'replay', 'p1:other', message_id, shard from app.ai_task"
        )
    questions = await questions_of(inbox.pool, 2)
    scored = [answered(q, 30 if q.task.purpose == "prod" else -90) for q in questions]
    for batch in (scored, scored[::-1]):
        async with inbox.pool.connection() as c:
            written = await write_back(c, batch)
            assert [(one.message_id, one.sentiment) for one in written.analyzed] == [(message_id, 0.3)]
            told = await (await c.execute("select (payload ->> 'sentiment')::float8 from app.live_event")).fetchall()
            assert told == [(0.3,)]
            await c.rollback()


async def test_a_score_of_a_former_text_goes_with_an_invalid_answer(inbox, tenant_id, admin_connection):
    message_id = await inbox.receive(tenant_id, "oi", kinds=("score",))
    [question] = await questions_of(inbox.pool, 1)
    admin_connection.execute(
        "insert into app.message_score (tenant_id, message_id, inference_id, input_hash, prompt_hash, config_hash,"
        " sentiment, satisfaction, emotion, tone) values (%s, %s, %s, 'former', 'p', 'c', 0, 50, 'neutro', 'neutro')",
        (tenant_id, message_id, message_id),
    )
    admin_connection.commit()
    async with inbox.pool.connection() as c:
        assert (await write_back(c, [answered(question, None)])).analyzed == ()
    assert admin_connection.execute("select count(*) from app.message_score").fetchone() == (0,)
