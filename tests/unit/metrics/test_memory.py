"""What was read of open days: read once for one state of the data, and again for the next."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from evosense.metrics.memory import Memory
from evosense.metrics.models import Version

Rows = list[dict[str, int]]
ONE, TWO, EMPTY = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)
NOW, LATER = Version(build=1, taken=0, dirty=3), Version(build=1, taken=0, dirty=4)


class Source:
    """Counts how often it is read; each reading tells its number."""

    def __init__(self) -> None:
        self.readings = 0
        self.go_on = asyncio.Event()

    async def read(self) -> Rows:
        self.readings += 1
        number = self.readings
        await self.go_on.wait()
        return [{"reading": number}]


async def test_who_asks_meanwhile_or_later_is_answered_with_the_same_reading() -> None:
    memory, source = Memory(), Source()
    asked = [asyncio.create_task(memory.get("hours", NOW, source.read)) for _ in range(3)]
    await asyncio.sleep(0)
    source.go_on.set()
    assert await asyncio.gather(*asked) == [[{"reading": 1}]] * 3
    assert await memory.get("hours", NOW, source.read) == [{"reading": 1}]


async def test_what_has_changed_is_read_again_and_so_is_another_question() -> None:
    memory, source = Memory(), Source()
    source.go_on.set()
    await memory.get("hours", NOW, source.read)
    assert await memory.get("hours", LATER, source.read) == [{"reading": 2}]
    assert await memory.get("emotions", LATER, source.read) == [{"reading": 3}]
    assert await memory.get("hours", LATER, source.read) == [{"reading": 2}]


async def test_a_reader_that_is_gone_or_fails_leaves_the_reading_to_the_next() -> None:
    memory, source = Memory(), Source()
    gone = asyncio.create_task(memory.get("hours", NOW, source.read))
    await asyncio.sleep(0)
    next_one = asyncio.create_task(memory.get("hours", NOW, source.read))
    await asyncio.sleep(0)
    gone.cancel()
    source.go_on.set()
    assert await next_one == [{"reading": 2}]

    async def fail() -> Rows:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await memory.get("hours", LATER, fail)
    assert await memory.get("hours", LATER, source.read) == [{"reading": 3}]


async def test_it_keeps_so_many_answers_and_no_more() -> None:
    memory, source = Memory(most_rows=4), Source()  # an answer of one row counts two
    source.go_on.set()
    for key in ("a", "b", "a", "c"):
        await memory.get(key, NOW, source.read)
    assert await memory.get("a", NOW, source.read) == [{"reading": 1}]
    assert await memory.get("b", NOW, source.read) == [{"reading": 4}]


async def test_of_days_only_those_that_changed_are_read_again() -> None:
    memory = Memory()
    asked: list[list[date]] = []

    async def read(days: list[date]) -> dict[date, list[str]]:
        asked.append(days)
        return {day: [f"{day:%d} read {len(asked)}"] for day in days if day != EMPTY}

    assert await memory.parts("said", {ONE: 1, TWO: 1, EMPTY: 1}, read) == ["01 read 1", "02 read 1"]
    assert await memory.parts("said", {TWO: 2, ONE: 1, EMPTY: 1}, read) == ["02 read 2", "01 read 1"]
    assert await memory.parts("said", {ONE: 1}, read) == ["01 read 1"]
    assert asked == [[ONE, TWO, EMPTY], [TWO]]
    assert await memory.parts("heard", {ONE: 1}, read) == ["01 read 3"]


async def test_what_is_too_much_to_be_kept_is_answered_all_the_same() -> None:
    memory = Memory(most_rows=2)

    async def read(days: list[date]) -> dict[date, list[date]]:
        return {day: [day] for day in days}

    for _ in range(2):
        assert await memory.parts("said", {ONE: 1, TWO: 1}, read) == [ONE, TWO]
