"""What was read of open days: read once for one state of the data, and again for the next."""

from __future__ import annotations

import asyncio

import pytest

from evosense.metrics.models import Version
from evosense.metrics.open_days import OpenDays

Rows = list[dict[str, int]]
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
    memory, source = OpenDays(), Source()
    asked = [asyncio.create_task(memory.get("hours", NOW, source.read)) for _ in range(3)]
    await asyncio.sleep(0)
    source.go_on.set()
    assert await asyncio.gather(*asked) == [[{"reading": 1}]] * 3
    assert await memory.get("hours", NOW, source.read) == [{"reading": 1}]


async def test_what_has_changed_is_read_again_and_so_is_another_question() -> None:
    memory, source = OpenDays(), Source()
    source.go_on.set()
    await memory.get("hours", NOW, source.read)
    assert await memory.get("hours", LATER, source.read) == [{"reading": 2}]
    assert await memory.get("emotions", LATER, source.read) == [{"reading": 3}]
    assert await memory.get("hours", LATER, source.read) == [{"reading": 2}]


async def test_a_reader_that_is_gone_or_fails_leaves_the_reading_to_the_next() -> None:
    memory, source = OpenDays(), Source()
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
    memory, source = OpenDays(most=2), Source()
    source.go_on.set()
    for key in ("a", "b", "a", "c"):
        await memory.get(key, NOW, source.read)
    assert await memory.get("a", NOW, source.read) == [{"reading": 1}]
    assert await memory.get("b", NOW, source.read) == [{"reading": 4}]
