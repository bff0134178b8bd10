"""Adaptive limit, breaker and retry budget, by a clock that the test turns."""

import asyncio

import pytest

from evosense.ai.breaker import Breaker
from evosense.ai.http_calls import retry_after
from evosense.ai.limit import AdaptiveLimit
from evosense.ai.protocols import CallFailure, ScoringAnswer
from evosense.ai.retry_budget import RetryBudget

GOOD = ScoringAnswer("{}")
AWAY = CallFailure("unreachable")
BUSY = CallFailure("http_429", http_status=429, retry_after_seconds=7)
BROKEN = CallFailure("http_500", http_status=500)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


async def busy(limit: AdaptiveLimit, results) -> None:
    """As many calls as the limit lets through, all in flight when each result arrives."""
    for result in results:
        limit._running = limit.limit
        limit.learn(result)
    limit._running = 0


async def test_the_limit_doubles_until_congestion_and_then_grows_by_one_a_round(clock):
    limit = AdaptiveLimit(64, clock)
    assert limit.limit == 8
    await busy(limit, [GOOD] * 8)
    assert limit.limit == 16
    await busy(limit, [GOOD] * 100)
    assert limit.limit == 64
    await busy(limit, [BUSY] * 5)
    assert limit.limit == 32  # one episode, one cut
    clock.now += 3
    await busy(limit, [GOOD] * 33)
    assert limit.limit == 33


async def test_other_errors_pause_growth_and_cut_nothing(clock):
    limit = AdaptiveLimit(64, clock)
    await busy(limit, [BROKEN, *[GOOD] * 20])
    assert limit.limit == 8


async def test_urgent_calls_go_first(clock):
    limit = AdaptiveLimit(1, clock)
    order = []

    async def call(priority: int) -> None:
        await limit.acquire(priority)
        order.append(priority)
        await asyncio.sleep(0)
        limit.release()

    async with asyncio.TaskGroup() as group:
        for priority in (4, 4, 3, 0, 2):
            group.create_task(call(priority))
    assert order == [4, 0, 2, 3, 4]


async def test_a_cancelled_wait_takes_no_slot(clock):
    limit = AdaptiveLimit(1, clock)
    await limit.acquire(0)
    waiting = asyncio.create_task(limit.acquire(0))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    limit.release()
    assert limit.running == 0


def test_three_calls_that_reach_nobody_open_it_and_a_probe_closes_it(clock):
    breaker = Breaker(clock)
    for _ in range(3):
        assert breaker.enter()
        breaker.learn(AWAY)
    assert not breaker.enter()
    clock.now += 2.1
    assert breaker.enter()
    assert not breaker.enter()  # one probe at a time
    breaker.learn(AWAY)
    assert breaker.wait_seconds() == pytest.approx(4.0)
    clock.now += 4.1
    assert breaker.enter()
    breaker.learn(GOOD)
    assert breaker.wait_seconds() == 0


def test_half_of_twenty_calls_open_it(clock):
    breaker = Breaker(clock)
    for number in range(19):
        breaker.learn(BROKEN if number % 2 else GOOD)
    assert not breaker.is_open
    breaker.learn(BROKEN)
    assert breaker.is_open


def test_a_refused_key_opens_it_at_once_and_a_bad_question_never(clock):
    breaker = Breaker(clock)
    for _ in range(50):
        breaker.learn(CallFailure("http_400", retryable=False, http_status=400))
    assert not breaker.is_open
    breaker.learn(CallFailure("http_401", retryable=False, http_status=401))
    assert breaker.is_open


def test_rate_limited_rests_as_long_as_asked(clock):
    breaker = Breaker(clock)
    breaker.learn(BUSY)
    assert (breaker.is_open, breaker.wait_seconds()) == (False, 7)
    clock.now += 7
    assert breaker.enter()


def test_retries_are_a_tenth_of_the_calls(clock):
    budget = RetryBudget(clock)
    assert [budget.spend(is_retry=True) for _ in range(51)].count(True) == 50
    for _ in range(20):
        assert budget.spend(is_retry=False)
    assert [budget.spend(is_retry=True) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("", None), ("soon", None), ("inf", None), ("99999", 600.0), ("-3", 0.0)],
)
def test_retry_after(value, seconds):
    assert retry_after(value) == seconds


def test_retry_after_may_be_a_date():
    assert retry_after("Fri, 20 Nov 2020 10:00:00 GMT") == 0.0
