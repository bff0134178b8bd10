"""Alerts through the API: rules of the company's own, and who has taken notice."""

from __future__ import annotations

import pytest

from evosense.metrics.alerts.rules import MOST_RULES

NEGATIVE = {"metric": "negative_pct", "condition": "above", "threshold": 25}


@pytest.fixture
def call(api, people):
    async def called(method: str, path: str, *, person: str = "ana", expected: int = 200, body=None):
        url = f"/api/tenants/{people[person].tenant_id}{path}"
        response = await api.client.request(method, url, json=body, headers=api.headers(people[person]))
        assert response.status_code == expected, response.text
        return response.json() if response.content else None

    return called


async def test_a_rule_tells_of_the_day_that_breaks_it_until_it_is_removed(call, bad_day):
    assert await call("GET", "/alerts") == []
    rule = await call("POST", "/alert-rules", body=NEGATIVE, expected=201)
    await call("POST", "/alert-rules", body=NEGATIVE | {"metric": "positive_pct"}, expected=201)
    [alert] = await call("GET", "/alerts")
    assert (alert["metric"]["name"], alert["value"], alert["n"]) == ("negative_pct", 100, 20)
    assert (alert["low"], alert["high"], alert["median"], alert["side"], alert["is_bad"]) == (
        None,
        25,
        None,
        "high",
        True,
    )
    assert alert["rule"] == rule
    assert len(await call("GET", "/alert-rules")) == 2
    await call("DELETE", f"/alert-rules/{rule['rule_id']}", expected=204)
    await call("DELETE", f"/alert-rules/{rule['rule_id']}", expected=404)
    assert await call("GET", "/alerts") == []


async def test_the_other_company_has_its_own_rules(call, bad_day):
    await call("POST", "/alert-rules", body=NEGATIVE, person="bia", expected=201)
    assert await call("GET", "/alert-rules") == await call("GET", "/alerts") == []
    assert await call("GET", "/alerts", person="bia") == []  # their day was fine


async def test_who_takes_notice_is_named_and_the_first_one_stays(call, bad_day):
    await call("POST", "/alert-rules", body=NEGATIVE, expected=201)
    [alert] = await call("GET", "/alerts")
    notice = f"/alerts/{alert['day']}/negative_pct/acknowledgement"
    assert alert["acknowledged"] is None
    await call("PUT", notice, person="alice", expected=204)
    await call("PUT", notice, expected=204)
    [alert] = await call("GET", "/alerts")
    assert alert["acknowledged"]["by"] == "Alice"
    await call("DELETE", notice, expected=204)
    assert (await call("GET", "/alerts"))[0]["acknowledged"] is None


async def test_a_notice_outlives_the_person_without_their_name(api, call, bad_day, people):
    await call("POST", "/alert-rules", body=NEGATIVE, expected=201)
    [alert] = await call("GET", "/alerts")
    await call("PUT", f"/alerts/{alert['day']}/negative_pct/acknowledgement", person="alice", expected=204)
    gone = await api.client.delete(f"/api/users/{people['alice'].user_id}", headers=api.headers(people["ana"]))
    assert gone.status_code == 204
    assert (await call("GET", "/alerts"))[0]["acknowledged"]["by"] is None


async def test_the_same_rule_twice_is_one_and_there_is_an_end_to_them(call):
    first = await call("POST", "/alert-rules", body=NEGATIVE, expected=201)
    assert await call("POST", "/alert-rules", body=NEGATIVE, expected=201) == first
    for number in range(1, MOST_RULES):
        await call("POST", "/alert-rules", body=NEGATIVE | {"threshold": 25 + number}, expected=201)
    problem = await call("POST", "/alert-rules", body=NEGATIVE | {"threshold": 99}, expected=409)
    assert str(MOST_RULES) in problem["detail"]
    assert await call("POST", "/alert-rules", body=NEGATIVE, expected=201) == first


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "weather"},
        {"condition": "about"},
        {"threshold": "NaN"},
        {"threshold": 1e300},
        {"metric": "net_sentiment", "condition": "falls"},
        {"condition": "falls", "threshold": 101},
        {"condition": "rises", "threshold": 0},
        {"extra": 1},
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(call, wrong):
    await call("POST", "/alert-rules", body=NEGATIVE | wrong, expected=422)


async def test_a_notice_of_what_is_no_metric_is_refused(call):
    await call("PUT", "/alerts/2026-11-20/weather/acknowledgement", expected=422)
    await call("PUT", "/alerts/yesterday/negative_pct/acknowledgement", expected=422)
