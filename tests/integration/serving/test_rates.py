"""Rate limits: shared by all processes, in a sliding window, and of one caller and route."""

import asyncio

import pytest

from evosense.errors import RateLimited
from serving.rates import Rate, SharedCounts
from tests.integration.serving.conftest import running


@pytest.fixture
def counts(api_pool):
    return SharedCounts(api_pool)


def into_the_past(admin_connection, windows: int, seconds: int) -> None:
    """Move what was counted into the past by whole windows."""
    admin_connection.execute(
        "update app.rate_count set window_start = window_start - make_interval(secs => %s)", (windows * seconds,)
    )


async def test_a_burst_ends_at_the_limit_however_many_ask_at_once(counts):
    taken = await asyncio.gather(*(counts.take(Rate(10, 3600), "a") for _ in range(25)))
    assert sum(permits.granted for permits in taken) == 10
    assert (await counts.take(Rate(10, 3600), "b", wanted=4)).granted == 4
    assert (await counts.take(Rate(10, 3600), "b", wanted=40)).granted == 6


async def test_the_window_before_still_counts_at_the_edge(counts, admin_connection):
    """So that nobody gets twice the limit by waiting for the edge."""
    hour = Rate(1000, 3600)
    assert (await counts.take(hour, "a", wanted=1000)).granted == 1000
    into_the_past(admin_connection, 1, 3600)
    permits = await counts.take(hour, "a", wanted=1000)
    gone = 1 - permits.seconds_left / 3600
    assert permits.granted == pytest.approx(1000 * gone, abs=2)
    into_the_past(admin_connection, 2, 3600)
    assert (await counts.take(hour, "a", wanted=1000)).granted == 1000


async def test_looking_takes_nothing_and_a_refusal_says_when(counts):
    rate = Rate(1, 3600)
    for _ in range(3):
        await counts.require(rate, "a", detail="too many", count=False)
    await counts.require(rate, "a", detail="too many")
    with pytest.raises(RateLimited, match="too many") as refused:
        await counts.require(rate, "a", detail="too many", count=False)
    assert 1 <= refused.value.retry_after_seconds <= 3600


async def test_keys_are_not_readable(counts, admin_connection):
    await counts.take(Rate(1, 60), "login account", "ana@aurora.example")
    stored = admin_connection.execute("select c::text from app.rate_count as c").fetchall()
    assert len(stored) == 1
    assert "ana" not in stored[0][0]


async def test_two_processes_count_together_by_person_and_route(database_url, people):
    limit = {"api_rate_per_minute": 40}
    async with running(database_url, settings=limit) as one, running(database_url, settings=limit) as two:
        ana, otto, bia = (one.headers(people[name]) for name in ("ana", "otto", "bia"))
        answers = [(await api.client.get("/api/me", headers=ana)) for _ in range(60) for api in (one, two)]
        statuses = [answer.status_code for answer in answers]
        # A window's edge may pass in between, which lets the share of a minute through that has gone by.
        assert 20 <= statuses.count(200) <= 80
        assert set(statuses) == {200, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["code"] == "rate_limited"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await two.client.get("/api/prompts", headers=ana)).status_code == 200
        for other in (otto, bia):
            assert (await two.client.get("/api/me", headers=other)).status_code == 200
