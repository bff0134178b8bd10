"""The bounded queue."""

import asyncio
from datetime import UTC, datetime

from ingestion.held import Arrival
from ingestion.spool import Spool


def arrival(size: int) -> Arrival:
    return Arrival({}, "x", datetime.now(UTC), size)


async def test_it_is_bounded_by_number_and_by_size() -> None:
    spool = Spool(most_items=3, most_bytes=100)
    assert [spool.offer(arrival(10)) for _ in range(4)] == [True, True, True, False]
    assert len(spool.take_now(10)) == 3
    assert [spool.offer(arrival(60)) for _ in range(2)] == [True, False]
    assert spool.bytes == 60


async def test_what_is_larger_than_everything_is_taken_alone() -> None:
    spool = Spool(most_bytes=100)
    assert spool.offer(arrival(1_000))
    assert not spool.offer(arrival(1))


async def test_readers_wait_for_space_and_the_writer_for_work() -> None:
    spool = Spool(most_items=1)
    taking = asyncio.create_task(spool.take(10))
    await asyncio.sleep(0)
    assert spool.offer(arrival(1))
    assert len(await taking) == 1
    assert spool.offer(arrival(1))
    assert not spool.offer(arrival(1))
    waiting = asyncio.create_task(spool.wait_for_space())
    await asyncio.sleep(0)
    assert not waiting.done()
    spool.take_now(1)
    await waiting
