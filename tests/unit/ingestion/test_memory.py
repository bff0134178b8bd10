"""What a process keeps for long is none of the garbage collector's work."""

import asyncio
import gc
from collections.abc import Callable

import pytest

from ingestion import memory


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - the collector tells nobody
            await asyncio.sleep(0.01)


async def test_what_lives_on_is_set_aside_once_things_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_LOOK_EVERY_S", 0.01)
    connections = 0
    before = gc.get_threshold()
    keeping = asyncio.create_task(memory.keep_small(lambda: connections))
    await asyncio.sleep(0.1)
    assert gc.get_freeze_count() == 0  # nothing has come yet
    assert gc.get_threshold() == before
    connections = 500
    await until(lambda: gc.get_freeze_count() > 0)
    kept = gc.get_freeze_count()
    assert gc.get_threshold() > before
    connections = 501
    await asyncio.sleep(0.1)
    assert gc.get_freeze_count() <= kept  # a link that flaps costs no collection each time
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before


async def test_rubbish_is_not_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(memory, "_MINUTE", 1)
    connections = 0
    keeping = asyncio.create_task(memory.keep_small(lambda: connections))
    await asyncio.sleep(0)
    ended = False

    class Link:
        """Holds itself, as tasks and their errors do."""

        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            nonlocal ended
            ended = True

    link = Link()
    connections = 1
    await until(lambda: gc.get_freeze_count() > 0)
    del link  # was set aside while it lived
    connections = 0
    await until(lambda: ended)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
