"""Shadows and four eyes over HTTP: registered, begun, watched, ended; proposed by one, approved by another."""

from datetime import UTC, datetime

import pytest

from evosense.experiments.monitor import tick
from evosense.tenants.repository import add_user
from evosense.testing.scripted_scorer import Effect
from tests.integration.experiments.conftest import FIRST_DAY, World
from tests.integration.serving.conftest import Person, password_hash
from tests.integration.serving.test_experiments_api import a_world, driven

LATER = datetime(2026, 12, 1, tzinfo=UTC)


class Caller:
    """One person's requests, each with the status it must answer."""

    def __init__(self, api, person):
        self.person, self._api, self._headers = person, api, api.headers(person)

    async def __call__(self, method, path, status=200, **options):
        answer = await self._api.client.request(method, f"{self._api.url}{path}", headers=self._headers, **options)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def ana(api, people) -> Caller:
    return Caller(api, people["ana"])


@pytest.fixture
async def world(api, people, pipeline_pool, database_url) -> World:
    return await a_world(api, pipeline_pool, database_url, people["ana"])


def the_shadow(version: str, **options) -> dict:
    return {"name": "v2", "hypothesis": "kinder", "challengers": [{"version": version, "share_bp": 10_000}], **options}


async def test_a_shadow_is_registered_begun_watched_and_stopped(ana, world):
    version = await world.prompt(Effect(0.08), tenant_id=world.tenant_id)
    rails = [{"measure": "invalid", "margin": 0.01}]
    unknown = the_shadow(version, guardrails=[{"measure": "charm", "margin": 0.01}])
    await ana("POST", "/api/experiments/shadows", 422, json=unknown)
    drafted = await ana(
        "POST", "/api/experiments/shadows", 201, json=the_shadow(version[:15], planned_chats=60, guardrails=rails)
    )
    assert (drafted["state"], drafted["planned_chats"]) == ("draft", 60)
    taken = await ana("POST", "/api/experiments/shadows", 409, json=the_shadow(version[:15]))
    assert "v2" in taken["detail"]
    address = f"/api/experiments/shadows/{drafted['id']}"
    assert (await ana("POST", f"{address}/begin"))["state"] == "running"
    await ana("POST", f"{address}/begin", 409)

    await world.fill(75, seed=9)
    await world.drain()
    await tick(world.pool, now=LATER)
    await world.drain()
    await tick(world.pool, now=LATER)
    seen = await ana("GET", address)
    [reading] = seen["readings"]
    assert seen["state"] == "ready"
    assert (reading["decision"], reading["units"] > 50, reading["sample_ratio_p"]) == ("promote_ready", True, None)
    assert reading["path"][-1]["t"] == reading["units"]
    assert 0 < reading["path"][-1]["low"] < reading["path"][-1]["high"]
    assert reading["path"][0]["low"] is None
    assert [event["kind"] for event in seen["events"]] == ["frozen", "promote_ready"]

    await world.fill(10, seed=11)
    await world.drain()
    await tick(world.pool, now=LATER)
    assert await world.rows("select 1 from app.ai_task where purpose = 'shadow'")
    assert (await ana("POST", f"{address}/stop"))["state"] == "stopped"
    await ana("POST", f"{address}/stop", 409)
    await tick(world.pool, now=LATER)
    assert await world.rows("select 1 from app.ai_task where purpose = 'shadow'") == []
    assert [one["name"] for one in await ana("GET", "/api/experiments/shadows")] == ["v2"]


async def test_a_plan_says_what_it_costs_and_writes_nothing(ana, world):
    version = await world.prompt(Effect(0.01), tenant_id=world.tenant_id)
    wanted = {"candidates": [version], "first_day": str(FIRST_DAY), "last_day": str(FIRST_DAY.replace(day=20))}
    before = await world.rows("select count(*) from app.dataset")
    plan = await ana("POST", "/api/experiments/plan", json=wanted)
    [(messages,)] = await world.rows("select count(*) from app.message")
    assert (plan["items"], plan["chats"], plan["calls"], plan["reused"]) == (messages, 40, 2 * messages, messages)
    assert 0 < plan["power"] < 1 < plan["chats_needed"]
    assert await world.rows("select count(*) from app.dataset") == before
    await ana("POST", "/api/experiments/replay", 202, json=wanted)
    await driven(world)
    assert (await ana("POST", "/api/experiments/plan", json=wanted))["reused"] == 2 * messages


async def another_admin(world) -> Person:
    bruno = Person(world.tenant_id, "bruno@aurora.example", "admin")
    async with world.pool.connection() as connection:
        bruno.user_id = await add_user(
            connection, tenant_id=world.tenant_id, email=bruno.email, name="Bruno", role="admin",
            password_hash=password_hash(),
        )  # fmt: skip
    return bruno


async def a_passing_report(ana, world) -> tuple[str, str]:
    version = await world.prompt(Effect(0.08), tenant_id=world.tenant_id)
    wanted = {"candidates": [version], "first_day": str(FIRST_DAY), "last_day": str(FIRST_DAY.replace(day=20))}
    await ana("POST", "/api/experiments/replay", 202, json=wanted)
    await driven(world)
    [report] = await ana("GET", "/api/experiments/reports")
    assert report["outcome"] == "pass"
    return version, report["report_hash"]


async def test_where_four_eyes_are_wanted_somebody_else_approves(api, people, ana, world):
    bruno = Caller(api, await another_admin(world))
    version, report = await a_passing_report(ana, world)
    worst = await ana("GET", f"/api/experiments/reports/{report}/regressions", params={"limit": 3})
    assert len(worst) == 3
    assert worst[0]["delta"] <= worst[1]["delta"] <= worst[2]["delta"]

    assert await ana("GET", "/api/prompts/policy") == {"four_eyes": False, "needs_report": True}
    await ana("PUT", "/api/prompts/policy", json={"four_eyes": True, "needs_report": True})
    move = {"version": version, "reason": "customers agree", "report_hash": report}
    assert "propose" in (await ana("POST", "/api/prompts/move", 403, json=move))["detail"]
    await ana("POST", "/api/prompts/proposals", 422, json={**move, "report_hash": None})
    proposal = (await ana("POST", "/api/prompts/proposals", 201, json=move))["proposal_id"]
    await ana("POST", f"/api/prompts/proposals/{proposal}/approve", 403)
    # Another company's administrator does not even see it.
    bia = Caller(api, people["bia"])
    await bia("POST", f"/api/prompts/proposals/{proposal}/approve", 404)
    approved = await bruno("POST", f"/api/prompts/proposals/{proposal}/approve")
    assert (approved["state"], approved["decided_by"]) == ("approved", str(bruno.person.user_id))
    assert (await ana("GET", "/api/prompts/channels"))[0]["prompt_hash"] == version
    event = (await ana("GET", "/api/prompts/events"))[0]
    assert (event["actor"], event["approver"]) == (str(people["ana"].user_id), str(bruno.person.user_id))
    await bruno("POST", f"/api/prompts/proposals/{proposal}/approve", 409)


async def test_a_proposal_is_rejected_and_nothing_moves(ana, world):
    version, report = await a_passing_report(ana, world)
    move = {"version": version, "reason": "let us see", "report_hash": report}
    proposal = (await ana("POST", "/api/prompts/proposals", 201, json=move))["proposal_id"]
    assert (await ana("POST", f"/api/prompts/proposals/{proposal}/reject"))["state"] == "rejected"
    assert (await ana("GET", "/api/prompts/channels"))[0]["prompt_hash"] != version
    assert [one["state"] for one in await ana("GET", "/api/prompts/proposals")] == ["rejected"]
