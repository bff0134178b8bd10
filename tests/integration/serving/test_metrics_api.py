"""The registry's metrics through the API: cells agree with one another, and with what explain names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evosense.metrics.registry import METRICS
from tests.integration.search.corpus import Chat

NOON = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) - timedelta(days=3)
DAY = NOON.date()  # 12:00 in São Paulo
PERIOD = f"from={DAY - timedelta(days=2)}&to={DAY + timedelta(days=1)}"


@pytest.fixture
async def talk(pipeline_pool, people):
    """30 customer messages in one chat, from 12:00 on local time, answered after two hours; a gap at 13:00."""
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, people["ana"].tenant_id).open()
        for place in range(30):
            mood = (0.8, 90) if place % 3 else (-0.8, 10)
            await chat.say(f"texto {place}", score=mood, sent_at=NOON + timedelta(minutes=place))
        await chat.say("pronto", direction="out", sent_at=NOON + timedelta(hours=2))
        await connection.execute(
            "insert into app.ingestion_gap (tenant_id, id, connection_id, from_at, to_at, cause, state)"
            " values (%s, gen_random_uuid(), %s, %s, %s, 'listener was away', 'lost')",
            [chat.tenant_id, chat.connection_id, NOON + timedelta(hours=1), NOON + timedelta(hours=1, minutes=20)],
        )
    return chat


@pytest.fixture
def ask(api, people):
    async def asked(path: str, person: str = "ana", expected: int = 200):
        base = f"/api/tenants/{people[person].tenant_id}"
        response = await api.client.get(f"{base}{path}", headers=api.headers(people[person]))
        assert response.status_code == expected, response.text
        return response.json()

    return asked


async def test_the_registry_is_told(api, people):
    told = (await api.client.get("/api/metrics", headers=api.headers(people["alice"]))).json()
    assert [each["name"] for each in told] == [metric.name for metric in METRICS]
    assert {each["interval"] for each in told} == {"none", "Wilson", "t", "bootstrap", "order statistics"}


async def test_every_metric_at_every_grain_agrees_with_explain(ask, talk):
    for metric in METRICS:
        (cells,) = [(await ask(f"/series?{PERIOD}&metric={metric.name}&grain=day"))["cells"]]
        day = next(cell for cell in cells if cell["day"] == str(DAY))["values"][metric.name]
        behind = await ask(f"/explain?from={DAY}&to={DAY}&metric={metric.name}&limit=1000")
        rests_on = behind["n"] if metric.unit != "count" else behind["counted"]
        if metric.name.startswith("turn_wait"):
            continue  # n counts turns, explain names conversations
        assert (metric.name, day["n"]) == (metric.name, rests_on)
        assert len(behind["items"]) == behind["n"]
        if metric.unit == "percent" and not behind["n"]:  # no model answered in this world
            assert (metric.name, day["value"]) == ("invalid_pct", None)
        elif metric.unit == "percent":
            assert day["value"] == pytest.approx(100 * behind["counted"] / behind["n"])
            assert day["low"] <= day["value"] <= day["high"]


async def test_hours_add_up_to_the_day_and_a_gap_shades_its_hour(ask, talk):
    hours = (await ask(f"/series?{PERIOD}&metric=messages_in&metric=positive_pct&grain=hour"))["cells"]
    assert len(hours) == 4 * 24
    said = {(cell["day"], cell["hour"]): cell["values"]["messages_in"]["value"] for cell in hours}
    assert {key: value for key, value in said.items() if value} == {(str(DAY), 12): 30}
    assert [(cell["day"], cell["hour"]) for cell in hours if cell["has_gap"]] == [(str(DAY), 13)]
    share = next(cell for cell in hours if cell["hour"] == 12 and cell["day"] == str(DAY))["values"]["positive_pct"]
    assert (share["value"], share["n"]) == (pytest.approx(100 * 20 / 30), 30)
    assert (share["low"], share["high"]) == (pytest.approx(48.78, abs=0.01), pytest.approx(80.77, abs=0.01))
    weeks = (await ask(f"/series?{PERIOD}&metric=messages_in&grain=week"))["cells"]
    assert sum(cell["values"]["messages_in"]["value"] for cell in weeks) == 30
    heat = (await ask(f"/heatmap?{PERIOD}&metric=messages_in"))["cells"]
    assert len(heat) == 168
    assert [(cell["weekday"], cell["hour"]) for cell in heat if cell["values"]["messages_in"]["value"]] == [
        (DAY.isoweekday(), 12)
    ]
    cell = f"/explain?{PERIOD}&metric=messages_in&hour=12&weekday="
    assert (await ask(f"{cell}{DAY.isoweekday()}"))["counted"] == 30
    assert (await ask(f"{cell}{DAY.isoweekday() % 7 + 1}"))["counted"] == 0
    begun = f"/explain?{PERIOD}&metric=conversations&weekday={DAY.isoweekday()}"
    assert (await ask(begun))["counted"] == 1
    await ask(f"{cell}8", expected=422)


async def test_rankings_need_enough_to_count(ask, talk):
    (one,) = (await ask(f"/leaderboards?{PERIOD}&metric=positive_pct"))["standings"]
    assert (one["id"], one["place"]) == (str(talk.connection_id), 1)
    (few,) = (await ask(f"/leaderboards?{PERIOD}&metric=first_response_p50_ms"))["standings"]
    assert (few["place"], few["value"]["value"], few["value"]["n"]) == (None, None, 1)
    await ask(f"/leaderboards?{PERIOD}&metric=messages_in", expected=422)
    await ask(f"/leaderboards?{PERIOD}&metric=positive_pct&by=author", expected=422)
    await ask(f"/leaderboards?{PERIOD}&metric=nonsense", expected=422)


async def test_emotions_coverage_latency(ask, talk):
    told = await ask(f"/emotions?{PERIOD}")
    assert (told["scored"], told["emotions"][0]["emotion"], told["emotions"][0]["n"]) == (30, "neutro", 30)
    assert told["days"][str(DAY)] == {"neutro": 30}
    cover = await ask(f"/coverage?{PERIOD}")
    assert (cover["total"]["messages"], cover["total"]["scored_share"], cover["total"]["embedded"]) == (31, 1, 0)
    assert [gap["state"] for gap in cover["gaps"]] == ["lost"]
    assert [day["day"] for day in cover["days"] if day["has_gap"]] == [str(DAY)]
    assert (await ask(f"/latency?{PERIOD}")) == {"error_rate": None, "purposes": [], "days": []}


async def test_business_hours_change_waits_at_once(api, ask, people, talk):
    before = await ask(f"/response-times?{PERIOD}")
    assert before["first_response"]["p50_ms"]["value"] == 2 * 3_600_000
    assert before["first_response_business"] is None
    calendar = {"openings": [{"weekday": DAY.isoweekday(), "opens": "09:00", "closes": "12:30"}], "holidays": []}
    path = f"/api/tenants/{people['ana'].tenant_id}/business-hours"
    put = await api.client.put(path, json=calendar, headers=api.headers(people["ana"]))
    assert (put.status_code, put.json()["timezone"]) == (200, "America/Sao_Paulo")
    after = await ask(f"/response-times?{PERIOD}")
    assert after["first_response_business"]["p50_ms"]["value"] == 30 * 60_000
    calendar["openings"].append({"weekday": DAY.isoweekday(), "opens": "12:00", "closes": None})
    overlap = await api.client.put(path, json=calendar, headers=api.headers(people["ana"]))
    assert overlap.status_code == 422
