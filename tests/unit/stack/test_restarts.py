"""Back-off and giving up, on a clock of the test's own."""

from __future__ import annotations

from evosense.stack.restarts import DeathRecord, RestartPolicy


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def die_after(record: DeathRecord, clock: Clock, seconds: float) -> float | None:
    record.started()
    clock.now += seconds
    return record.died()


def test_waits_double_up_to_the_cap_and_then_it_gives_up() -> None:
    clock = Clock()
    record = DeathRecord(RestartPolicy(first_seconds=1, cap_seconds=4, quick_seconds=10, give_up_after=5), clock)
    assert [die_after(record, clock, 1) for _ in range(5)] == [1, 2, 4, 4, None]


def test_a_long_life_starts_the_count_anew() -> None:
    clock = Clock()
    record = DeathRecord(RestartPolicy(first_seconds=1, cap_seconds=4, quick_seconds=10, give_up_after=3), clock)
    assert [die_after(record, clock, 1) for _ in range(2)] == [1, 2]
    assert die_after(record, clock, 11) == 1
    assert [die_after(record, clock, 1) for _ in range(2)] == [2, None]


def test_deaths_after_long_lives_never_end_the_stack() -> None:
    clock = Clock()
    record = DeathRecord(RestartPolicy(first_seconds=1, quick_seconds=10, give_up_after=2), clock)
    assert [die_after(record, clock, 60) for _ in range(5)] == [1] * 5
