"""Several backends: who is asked, what waits, what is dropped, and what it costs a message."""

import pytest

from evosense.ai.backend_list import put_backend, read_lists
from evosense.ai.backend_spec import BackendSpec
from evosense.ai.factory import build_scorer
from evosense.ai.failures import list_failures, replay
from evosense.ai.fleet import Fleet
from evosense.ai.lane import Lane
from evosense.ai.protocols import CallFailure, ScoringAnswer
from evosense.ai.tasks import claim, reclaim
from evosense.db.ids import EVERYONE
from evosense.testing.ai import AiStandIn, Fault
from tests.integration.scoring.scorers import GOOD, Scripted


@pytest.fixture
async def standin():
    async with AiStandIn() as running:
        yield running


def ollama(standin: AiStandIn, name: str = "first", model: str = "qwen-test", **options) -> BackendSpec:
    return BackendSpec(name, "ollama", standin.url, model, **{"slots": 4, **options})


@pytest.fixture
async def fleet_of():
    opened: list[Fleet] = []

    def make(*specs: BackendSpec) -> Fleet:
        fleet = Fleet([Lane(build_scorer(spec), spec.name) for spec in specs], build_scorer)
        opened.append(fleet)
        return fleet

    yield make
    for fleet in opened:
        await fleet.close()


async def score(inbox):
    return await inbox.rows("select provider from app.message_score join app.model_config using (config_hash)")


async def test_a_remote_backend_scores_and_its_weights_are_recorded(drain, inbox, tenant_id, standin, fleet_of):
    for number in range(30):
        await inbox.receive(tenant_id, f"adorei {number}", kinds=("score",))
    assert await drain(fleet_of(ollama(standin))).run_once(("score",)) == 30
    assert standin.most_running <= 4
    [row] = await inbox.rows(
        "select count(*), min(c.model_digest), min(c.params -> 'options' ->> 'num_ctx'), min(i.tokens_in) > 0"
        " from app.inference i join app.model_config c using (config_hash)"
        " join app.message_score s on s.inference_id = i.id"
    )
    assert (row[0], len(row[1]), row[2], row[3]) == (30, 64, "4096", True)


async def test_the_next_backend_takes_over_when_the_first_one_is_away(drain, inbox, tenant_id, standin, fleet_of):
    away = BackendSpec("first", "openai", "http://127.0.0.1:9", "m")
    one = drain(fleet_of(away, ollama(standin)))
    for number in range(4):
        await inbox.receive(tenant_id, f"oi {number}", kinds=("score",))
        await one.run_once(("score",))
        await inbox.rows("update app.ai_task set next_attempt_at = now() returning 1")
    await one.run_once(("score",))
    assert await inbox.rows("select count(*) from app.ai_task") == [(0,)]
    assert await score(inbox) == [("ollama",)] * 4
    assert await inbox.rows("select count(*) from app.failed_task") == [(0,)]


async def test_without_another_backend_the_champion_waits_and_nothing_is_counted(
    drain, inbox, tenant_id, standin, fleet_of
):
    standin.script.faults.extend([Fault(status=401)] * 3)
    one = drain(fleet_of(ollama(standin, slots=1)))
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    await one.run_once(("score",))
    [task] = await inbox.rows("select attempts, claims, lease_until from app.ai_task")
    assert task == (0, 0, None)
    # Its work is not even touched while the breaker is open.
    await inbox.rows("update app.ai_task set next_attempt_at = now() returning 1")
    assert await one.run_once(("score",)) == 0
    standin.script.faults.clear()
    one._fleet.lanes[0].breaker._open_until = 0.0
    assert await one.run_once(("score",)) == 1
    assert await score(inbox) == [("ollama",)]


async def test_a_challenger_is_dropped_meanwhile_and_counted(drain, inbox, tenant_id, standin, fleet_of):
    message_id = await inbox.receive(tenant_id, "oi", kinds=())
    one = drain(fleet_of(ollama(standin), BackendSpec("embedded")))
    await one.prepare()
    [lane, _] = one._fleet.lanes
    for _ in range(3):
        lane.breaker.learn(CallFailure("unreachable"))
    for purpose in ("shadow", "replay"):
        await inbox.rows(
            "insert into app.ai_task (tenant_id, id, kind, purpose, message_id, shard, prompt_hash, config_hash)"
            " values (%s, gen_random_uuid(), 'score', %s, %s, 0, 'p1:x', %s) returning 1",
            tenant_id,
            purpose,
            message_id,
            lane.config.config_hash,
        )
    await one.run_once(("score",))
    assert await inbox.rows("select purpose, error_class from app.failed_task") == [("shadow", "breaker_open")]
    assert await inbox.rows("select purpose, attempts from app.ai_task") == [("replay", 0)]


async def test_workers_that_die_use_up_no_retry(inbox, tenant_id, drain):
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    for _ in range(3):
        async with inbox.pool.connection() as c:
            await claim(c, "score", owner="doomed", shards=range(64), limit=9, lease_seconds=0)
        async with inbox.pool.connection() as c:
            assert await reclaim(c) == 1
    answers = [CallFailure("timeout"), CallFailure("timeout"), CallFailure("timeout"), ScoringAnswer(GOOD)]
    for _ in range(4):
        await drain(Scripted(lambda _request: answers.pop(0))).run_once(("score",))
        await inbox.rows("update app.ai_task set next_attempt_at = now() returning 1")
    assert await inbox.rows("select status, attempts from app.inference") == [("ok", 4)]


async def test_an_invalid_answer_is_asked_for_once_more_as_a_replicate(drain, inbox, tenant_id, standin, fleet_of):
    standin.script.faults.append(Fault("invalid_json"))
    heard = []
    one = drain(fleet_of(ollama(standin)))
    one._report = heard.extend
    await inbox.receive(tenant_id, "adorei", kinds=("score",))
    await one.run_once(("score",))
    rows = await inbox.rows("select replicate, status from app.inference order by replicate")
    assert rows == [(0, "invalid"), (1000, "ok")]
    assert "não seguiu o formato (not_json)" in standin.seen[1]["messages"][-1]["content"]
    assert await score(inbox) == [("ollama",)]
    assert [done.status for done in heard] == ["ok", "reasked"]


async def test_twice_invalid_stays_invalid_and_is_paid_for_no_more(drain, inbox, tenant_id, standin, fleet_of):
    standin.script.faults.extend([Fault("nan")] * 2)
    one = drain(fleet_of(ollama(standin)))
    message_id = await inbox.receive(tenant_id, "adorei", kinds=("score",))
    await one.run_once(("score",))
    await inbox.rows(
        "insert into app.ai_task (tenant_id, id, kind, message_id, shard)"
        " values (%s, gen_random_uuid(), 'score', %s, 0) returning 1",
        tenant_id,
        message_id,
    )
    await one.run_once(("score",))
    assert standin.calls == 2
    assert await inbox.rows("select count(*) from app.message_score") == [(0,)]
    assert await inbox.rows("select count(*) from app.ai_task") == [(0,)]


async def test_a_tenants_own_list_goes_before_everybodys(
    drain, inbox, tenant_id, other_tenant_id, standin, fleet_of, pipeline_pool
):
    async with pipeline_pool.connection() as connection:
        await put_backend(connection, tenant_id, ollama(standin, "mine", "gemma-test"))
        await put_backend(connection, EVERYONE, BackendSpec("built-in"))
        lists = await read_lists(connection, {})
    assert [spec.name for spec in lists[tenant_id]] == ["mine"]
    await inbox.receive(tenant_id, "adorei", kinds=("score",))
    await inbox.receive(other_tenant_id, "adorei", kinds=("score",))
    await drain(fleet_of(ollama(standin))).run_once(("score",))
    rows = await inbox.rows(
        "select s.tenant_id, c.provider, c.model from app.message_score s join app.model_config c using (config_hash)"
    )
    assert {row[0]: row[1:] for row in rows} == {
        tenant_id: ("ollama", "gemma-test"),
        other_tenant_id: ("embedded", "leia-rules-1"),
    }


async def test_given_up_work_is_listed_and_asked_for_again(drain, inbox, tenant_id):
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    await drain(Scripted(lambda _request: CallFailure("http_400", retryable=False, http_status=400))).run_once()
    async with inbox.pool.connection() as connection:
        [failures] = await list_failures(connection)
        assert (failures.error_class, failures.purpose, failures.tasks) == ("http_400", "prod", 1)
        assert await replay(connection, tenant_id=tenant_id, error_class="http_400") == 1
        assert await list_failures(connection) == []
    await drain().run_once()
    assert await score(inbox) == [("embedded",)]


async def test_live_messages_overtake_a_replay_that_is_in_hand(drain, inbox, tenant_id, standin, fleet_of):
    standin.script.latency_ms = 30
    for number in range(40):
        await inbox.receive(tenant_id, f"velha {number}", kinds=("score",), lane=4)
    await inbox.receive(tenant_id, "nova", kinds=("score",))
    await drain(fleet_of(ollama(standin, slots=2))).run_once(("score",))
    texts = [body["messages"][-1]["content"] for body in standin.seen]
    assert next(n for n, text in enumerate(texts) if "nova" in text.split("<mensagem>")[1]) < 4
