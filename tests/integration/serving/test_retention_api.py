"""Retention through the API: a cell or stage names as many contacts as it counts; they lead to conversations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.search.corpus import Chat

# Noon of today in São Paulo, whatever the hour is.
NOW = (datetime.now(UTC) - timedelta(hours=3)).replace(hour=15, minute=0, second=0, microsecond=0)
WEEKS = f"from={(NOW - timedelta(days=41)).date()}&to={NOW.date()}"


@pytest.fixture
async def talk(pipeline_pool, people) -> None:
    """Nine customers: three who wrote once five weeks ago, three who came back a week later, three new ones today."""
    async with pipeline_pool.connection() as connection:
        for number in range(9):
            chat = await Chat(connection, people["ana"].tenant_id).open()
            for days in ((35,), (35, 28), (0,))[number // 3]:
                await chat.say("oi", score=(0.1, 60), sent_at=NOW - timedelta(days=days))


@pytest.fixture
def ask(api, people):
    async def asked(path: str, person: str = "ana", expected: int = 200):
        base = f"/api/tenants/{people[person].tenant_id}"
        response = await api.client.get(f"{base}{path}", headers=api.headers(people[person]))
        assert response.status_code == expected, response.text
        return response.json()

    return asked


async def test_the_contacts_behind_a_cohort_lead_to_their_conversations(api, ask, people, talk):
    report = await ask(f"/retention?{WEEKS}&periods=2")
    cohort = next(row for row in report["cohorts"] if row["size"] == 6)
    assert cohort["cells"][1]["value"] == pytest.approx(0.5)
    cell = f"/retention/contacts?{WEEKS}&periods=2&cohort={cohort['starts_on']}&column=1"
    back, away = await ask(cell), await ask(f"{cell}&came_back=false")
    assert (back["n"], away["n"]) == (3, 3)
    assert {item["periods"] for item in back["items"]} == {2}
    assert {item["last_on"] for item in away["items"]} == {cohort["starts_on"]}
    contact = back["items"][0]["contact_id"]
    found = await api.client.get(f"/api/conversations?contact_id={contact}", headers=api.headers(people["ana"]))
    assert len(found.json()["items"]) == 2
    assert (await ask(f"{cell}&limit=1"))["n"] == 3
    assert await ask(cell, "bia") == {"n": 0, "items": []}
    await ask(f"/retention/contacts?{WEEKS}&cohort={cohort['starts_on']}&column=50", expected=422)


async def test_the_contacts_behind_the_lifecycle(ask, talk):
    for stage in await ask(f"/lifecycle?{WEEKS}"):
        for name in ("new", "returning", "resurrecting", "dormant", "active"):
            told = await ask(f"/lifecycle/contacts?stage={name}&starts_on={stage['starts_on']}")
            assert told["n"] == stage[name] == len(told["items"])
    await ask(f"/lifecycle/contacts?stage=gone&starts_on={NOW.date()}", expected=422)


async def test_those_who_left_in_silence_are_counted_and_the_last_of_them_told(ask, talk):
    lost = await ask(f"/silent-churn?{WEEKS}")
    days = [item["local_day"] for item in lost["items"]]
    assert lost["n"] == len(days) == 6  # nobody answered them; today's three may still be answered
    assert days == sorted(days, reverse=True)
    assert {item["reason"] for item in lost["items"]} == {"unanswered"}
    assert await ask(f"/silent-churn?{WEEKS}&limit=2") == {"n": 6, "items": lost["items"][:2]}
    assert (await ask(f"/silent-churn?{WEEKS}&silent_days=30"))["n"] == 3
    assert await ask(f"/silent-churn?{WEEKS}", "bia") == {"n": 0, "items": []}
