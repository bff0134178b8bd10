"""Giving memory back to the system.

Opening hundreds of links at once (proofs, repairs, handshakes) leaves the C heap full of holes that glibc keeps; they
were half of what an idle connection seemed to need.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Final

_LOOK_EVERY_S: Final = 0.5
_ANYWAY_EVERY: Final = 120  # looks: once a minute


@cache
def _trim() -> Callable[[int], int] | None:
    """Glibc's malloc_trim; None where the C library has none."""
    trim: Any = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim


async def keep_small(stirred: Callable[[], object]) -> None:
    """Give back what is free whenever `stirred` has changed and stands still again, and once a minute, until cancelled.

    `stirred` answers something that changes with what needs memory for a while.
    """
    trim = _trim()
    if trim is None:
        return
    before = given_at = stirred()
    looks = 0
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        looks += 1
        now = stirred()
        if now == before and (now != given_at or looks >= _ANYWAY_EVERY):
            trim(0)
            given_at, looks = now, 0
        before = now
