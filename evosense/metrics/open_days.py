"""What queries over open days answered, kept for as long as nothing that they rest on has changed.

A page asks for a dozen figures at once, and each of them needs the messages of the same open day. The first request
reads them, the others wait for it or find them. An answer is found again only under the very version of the tenant's
data at which it was read, so nobody is shown less than what was committed before they asked.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from evosense.metrics.models import Version

_MOST = 512
_Answered = TypeVar("_Answered")


@dataclass(slots=True)
class _Answer:
    version: Version | None = None
    found: Any = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class OpenDays:
    """The answers of one process, the `most` that were asked for last. They are shared: nobody may change them."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()

    async def get(self, key: Hashable, version: Version, find: Callable[[], Awaitable[_Answered]]) -> _Answered:
        """What `find` answers for `key`, or answered when the data had this version.

        `version` must have been read before `find` reads, so that an answer is as new as its version or newer.
        """
        answer = self._answers.setdefault(key, _Answer())
        self._answers.move_to_end(key)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
        async with answer.reading:
            if answer.version != version:
                answer.found = await find()
                answer.version = version
            return answer.found
