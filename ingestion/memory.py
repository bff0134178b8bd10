"""Giving memory back to the system, and keeping the garbage collector from what lives on.

Opening hundreds of links at once (proofs, repairs, handshakes) leaves the C heap full of holes that glibc keeps; they
were half of what an idle connection seemed to need.

What a listener holds for months (modules, connections, links) is looked through by every full collection: a pause of
60 to 120 ms, and a seventh of its CPU under load. So it is set aside, once there is no rubbish among it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable
from functools import cache
from typing import Any, Final

_LOOK_EVERY_S: Final = 0.5
_MINUTE: Final = 120  # looks
# The rows of a flush are many and none of them is rubbish before it ends: look after more than the usual 700 objects.
_COLLECT_AFTER: Final = (10_000, 20, 20)


@cache
def _trim() -> Callable[[int], int]:
    """Glibc's malloc_trim; one that does nothing where the C library has none."""
    trim: Any = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim or (lambda _keep: 0)


async def keep_small(stirred: Callable[[], object]) -> None:
    """Look after the memory of this process until cancelled.

    Whenever `stirred` has changed and stands still again, what is free is given back (and once a minute), and what is
    left is set aside for the collector (once a minute at most).

    `stirred` answers something that changes with what needs memory for a while.
    """
    thresholds = gc.get_threshold()
    try:
        await _look_after(stirred)
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


async def _look_after(stirred: Callable[[], object]) -> None:
    before = given_at = set_aside_at = stirred()
    since_trim, since_collection = 0, _MINUTE
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        since_trim += 1
        since_collection += 1
        now = stirred()
        if now == before and now != set_aside_at and since_collection >= _MINUTE:
            _set_aside()
            set_aside_at, since_collection = now, 0
        if now == before and (now != given_at or since_trim >= _MINUTE):
            _trim()(0)
            given_at, since_trim = now, 0
        before = now


def _set_aside() -> None:
    """Collect everything, what was set aside before included, and set aside what lives."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)  # not before: opening links leaves much rubbish
