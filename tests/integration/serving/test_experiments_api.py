"""From a prompt to a verdict over HTTP, as a company's administrator does it."""

from evosense.db.ids import EVERYONE
from evosense.experiments.replay import advance
from evosense.experiments.runs import open_runs, sweep_canceled
from evosense.testing.scripted_scorer import Effect, ScriptedScorer, prompt_with
from tests.integration.experiments.conftest import FIRST_DAY, World


def as_json(effect: Effect) -> dict:
    prompt = prompt_with(effect)
    return {"messages": [{"role": m.role, "content": m.content} for m in prompt.messages]}


async def a_world(api, pipeline_pool, database_url, person) -> World:
    world = World(pipeline_pool, database_url, person.tenant_id, ScriptedScorer())
    await world.fill(40)
    await world.drain()
    return world


async def driven(world: World) -> None:
    """What Dagster's sensor and drain do."""
    async with world.pool.connection() as connection:
        waiting = await open_runs(connection)
    for tenant_id, run_id, _ in waiting:
        while (await advance(world.pool, tenant_id, run_id)).is_open:
            await world.drain()


async def test_from_a_prompt_to_a_promotion(api, people, pipeline_pool, database_url):
    ana = people["ana"]
    world = await a_world(api, pipeline_pool, database_url, ana)
    headers = api.headers(ana)

    async def call(method, path, status=200, **options):
        answer = await api.client.request(method, f"{api.url}{path}", headers=headers, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    registered = await call("POST", "/api/prompts", 201, json=as_json(Effect(0.06)))
    again = await call("POST", "/api/prompts", 201, json=as_json(Effect(0.06)))
    assert registered == again
    listed = {one["prompt_hash"]: one for one in await call("GET", "/api/prompts")}
    assert listed[registered["prompt_hash"]]["channels"] == []
    assert (
        "+Avalie a mensagem"
        in (await call("GET", "/api/prompts/diff", params={"old": "champion", "new": registered["prompt_hash"]}))[
            "diff"
        ]
    )

    wanted = {
        "candidates": [registered["prompt_hash"]],
        "first_day": str(FIRST_DAY),
        "last_day": str(FIRST_DAY.replace(day=20)),
    }
    run_id = (await call("POST", "/api/experiments/replay", 202, json=wanted))["run_id"]
    assert (await call("GET", f"/api/experiments/{run_id}"))["state"] == "requested"
    await driven(world)
    run = await call("GET", f"/api/experiments/{run_id}")
    assert (run["state"], run["calls_done"], run["calls_failed"]) == ("done", run["calls_planned"], 0)
    report = await call("GET", f"/api/experiments/reports/{run['report_hashes'][0]}")
    assert report["verdict"].startswith("The candidate is better")

    move = {"version": registered["prompt_hash"], "reason": "customers agree"}
    assert "name the report" in (await call("POST", "/api/prompts/move", 422, json=move))["detail"]
    await call("POST", "/api/prompts/move", json={**move, "report_hash": report["report_hash"]})
    champion = (await call("GET", "/api/prompts/channels"))[0]
    assert (champion["prompt_hash"], champion["is_inherited"]) == (registered["prompt_hash"], False)
    assert (await call("GET", "/api/prompts/events"))[0]["report_hash"] == report["report_hash"]
    assert (await call("POST", "/api/prompts/rollback", json={"reason": "second thoughts"}))["prompt_hash"] is None


async def test_a_replay_can_be_canceled_and_its_calls_go(api, people, pipeline_pool, database_url):
    ana = people["ana"]
    world = await a_world(api, pipeline_pool, database_url, ana)
    await world.prompt(Effect(0.01), tenant_id=EVERYONE)
    wanted = {"candidates": ["v2"], "first_day": str(FIRST_DAY), "last_day": str(FIRST_DAY.replace(day=20))}
    headers = api.headers(ana)
    answer = await api.client.post(f"{api.url}/api/experiments/replay", headers=headers, json=wanted)
    path = f"{api.url}/api/experiments/{answer.json()['run_id']}"
    async with pipeline_pool.connection() as connection:
        [(tenant_id, run_id, _)] = await open_runs(connection)
    await advance(pipeline_pool, tenant_id, run_id)
    assert (await api.client.post(f"{path}/cancel", headers=headers)).json()["state"] == "canceled"
    assert (await api.client.post(f"{path}/cancel", headers=headers)).status_code == 409
    async with pipeline_pool.connection() as connection:
        assert await sweep_canceled(connection) > 0
    assert await world.drain() == 0


async def test_a_person_labels_a_message_of_her_company(api, people, pipeline_pool, database_url):
    ana, bia = people["ana"], people["bia"]
    world = World(pipeline_pool, database_url, ana.tenant_id, ScriptedScorer())
    await world.fill(1)
    [(message_id,), *_] = await world.rows("select id from app.message")
    label = {"message_id": str(message_id), "sentiment": -0.5, "emotion": "raiva"}
    foreign = await api.client.post(f"{api.url}/api/labels", headers=api.headers(bia), json=label)
    assert foreign.status_code == 404
    own = await api.client.post(f"{api.url}/api/labels", headers=api.headers(ana), json=label)
    assert own.status_code == 204, own.text
    assert await world.rows("select rater, sentiment::float8, emotion from app.human_label") == [
        (str(ana.user_id), -0.5, "raiva")
    ]
