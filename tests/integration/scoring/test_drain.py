"""The drain on real Postgres: what it writes, once, in what order, and what happens when things die or change."""

import asyncio
import sys
import time

import orjson
import psycopg
import pytest

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.ai.protocols import CallFailure, ScoringAnswer
from evosense.ai.tasks import claim, finish, reclaim, waiting
from evosense.db.database import connect
from evosense.db.ids import EVERYONE
from evosense.prompts.default import DEFAULT_PROMPT
from evosense.scoring.drain import Drain, DrainOptions

GOOD = {"sentiment_x100": 50, "satisfaction": 75, "emotion": "alegria", "tone": "neutro", "summary": "bom"}


class Scripted(EmbeddedScorer):
    """A scorer that does what a test says: `act(request)` answers, fails or raises."""

    def __init__(self, act) -> None:
        self.act = act
        self.asked: list[str] = []

    async def score(self, batch):
        self.asked += [request.text for request in batch]
        return [self.act(request) for request in batch]


class Waiting(Scripted):
    """A scorer that says when it was asked and answers when it is let."""

    def __init__(self) -> None:
        super().__init__(lambda _request: ScoringAnswer(GOOD))
        self.reached, self.let = asyncio.Event(), asyncio.Event()

    async def score(self, batch):
        self.reached.set()
        await self.let.wait()
        return await super().score(batch)


@pytest.fixture
def drain(database_url, pipeline_pool):
    def make(scorer=None, **options) -> Drain:
        return Drain(
            database_url,
            pipeline_pool,
            scorer or EmbeddedScorer(),
            EmbeddedEmbedder(),
            options=DrainOptions(**options),
        )

    return make


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


async def test_tenants_take_turns(inbox, tenant_id, other_tenant_id):
    for _ in range(12):
        await inbox.receive(tenant_id, "oi", kinds=("score",))
    for _ in range(2):
        await inbox.receive(other_tenant_id, "oi", kinds=("score",))
    async with inbox.pool.connection() as c:
        first = await claim(c, "score", owner="a", shards=range(64), limit=4, lease_seconds=9)
    assert [task.tenant_id for task in first].count(other_tenant_id) == 2
    assert len(first) == 4


async def test_live_work_goes_before_backfills(inbox, tenant_id, other_tenant_id):
    for _ in range(4):
        await inbox.receive(tenant_id, "antiga", kinds=("score",), lane=4)
    live = await inbox.receive(other_tenant_id, "nova", kinds=("score",))
    async with inbox.pool.connection() as c:
        first = await claim(c, "score", owner="a", shards=range(64), limit=1, lease_seconds=9)
    assert [task.message_id for task in first] == [live]


async def test_two_claims_never_share_a_task(inbox, tenant_id):
    for _ in range(40):
        await inbox.receive(tenant_id, "oi", kinds=("score",))

    async def take(owner: str) -> list:
        taken = []
        while True:
            async with inbox.pool.connection() as c:
                batch = await claim(c, "score", owner=owner, shards=range(64), limit=7, lease_seconds=9)
            if not batch:
                return taken
            taken += [task.id for task in batch]

    shares = await asyncio.gather(*(take(f"w{n}") for n in range(4)))
    taken = [task_id for share in shares for task_id in share]
    assert len(taken) == len(set(taken)) == 40


async def test_an_expired_lease_finishes_nothing(inbox, tenant_id):
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    async with inbox.pool.connection() as c:
        [late] = await claim(c, "score", owner="slow", shards=range(64), limit=9, lease_seconds=0)
    async with inbox.pool.connection() as c:
        assert await reclaim(c) == 1
    async with inbox.pool.connection() as c:
        [fresh] = await claim(c, "score", owner="quick", shards=range(64), limit=9, lease_seconds=9)
    assert (fresh.id, fresh.attempts) == (late.id, 2)
    assert fresh.fence > late.fence
    async with inbox.pool.connection() as c:
        assert await finish(c, [late]) == []
        assert [done.id for done in await finish(c, [fresh])] == [fresh.id]


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


async def test_a_warm_drain_reacts_within_a_blink(drain, inbox, tenant_id, database_url):
    stop = asyncio.Event()
    hearing = await connect(database_url, "evosense_api")
    await hearing.execute("listen evosense_live")
    running = asyncio.create_task(drain(tick_seconds=30).run(stop))
    lags = []
    for number in range(12):
        started = time.perf_counter()
        await inbox.receive(tenant_id, f"adorei {number}")
        [_] = [n async for n in hearing.notifies(timeout=10, stop_after=1)]
        lags.append(time.perf_counter() - started)
    stop.set()
    await asyncio.wait_for(running, 5)
    await hearing.close()
    # The first one waits for the models to load; a tick of 30 s shows that it was told, not that it looked.
    assert sorted(lags[1:])[len(lags) // 2] < 0.5


async def test_a_retry_comes_by_itself(drain, inbox, tenant_id):
    answers = [CallFailure("timeout"), ScoringAnswer(GOOD)]
    scorer = Scripted(lambda _request: answers.pop(0))
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    stop = asyncio.Event()
    heard: list = []

    def report(done) -> None:
        heard.extend(d.status for d in done)
        if "ok" in heard:
            stop.set()

    one = drain(scorer, tick_seconds=30)
    one._report = report
    await asyncio.wait_for(one.run(stop), 10)
    assert heard == ["retried", "ok"]


_VICTIM = """
import asyncio, sys, time
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.db.database import open_pool
from evosense.scoring.drain import Drain, DrainOptions

class Stuck(EmbeddedScorer):
    async def score(self, batch):
        print("asked", flush=True)
        await asyncio.sleep(3600)

async def main(url):
    async with open_pool(url, "evosense_pipeline") as pool:
        await Drain(url, pool, Stuck(), EmbeddedEmbedder(), options=DrainOptions(lease_seconds=1)).run(asyncio.Event())

asyncio.run(main(sys.argv[1]))
"""


async def test_a_killed_drain_loses_nothing(drain, inbox, tenant_id, database_url):
    message_id = await inbox.receive(tenant_id, "adorei", kinds=("score",))
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _VICTIM, database_url, stdout=asyncio.subprocess.PIPE
    )
    assert await victim.stdout.readline() == b"asked\n"
    victim.kill()
    await victim.wait()
    stop = asyncio.Event()
    heard: list = []

    def report(done) -> None:
        heard.extend(done)
        stop.set()

    survivor = drain(tick_seconds=0.2)
    survivor._report = report
    await asyncio.wait_for(survivor.run(stop), 15)
    assert await inbox.rows("select message_id from app.message_score") == [(message_id,)]
    assert await inbox.rows("select attempts from app.inference") == [(2,)]


async def test_the_database_may_restart_under_a_running_drain(drain, inbox, tenant_id, database_url):
    stop, scored = asyncio.Event(), asyncio.Event()
    one = drain(tick_seconds=0.2)
    one._report = lambda done: scored.set() if any(d.kind == "score" and d.status == "ok" for d in done) else None
    running = asyncio.create_task(one.run(stop))
    await inbox.receive(tenant_id, "um")
    await asyncio.wait_for(scored.wait(), 10)
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    scored.clear()
    message_id = None
    while message_id is None:
        try:
            message_id = await inbox.receive(tenant_id, "dois")
        except psycopg.OperationalError:
            continue  # the pool hands out dead connections first
    await asyncio.wait_for(scored.wait(), 20)
    assert await inbox.rows("select 1 from app.message_score where message_id = %s", message_id) == [(1,)]
    stop.set()
    await asyncio.wait_for(running, 10)
