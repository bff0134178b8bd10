"""What figures were made of, kept for as long as nothing that it rests on has changed.

A page asks for a dozen figures at once, and each of them needs the same days. The first request reads them, the others
wait for it or find them. An answer is found again only under the very version of the tenant's data at which it was
read, so nobody is shown less than what was committed before they asked. A message of today changes today's version and
leaves those of the other days as they are.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import Any, TypeVar

# A row takes about a kilobyte.
_MOST_ROWS = 60_000
_Answered = TypeVar("_Answered")
_Part = TypeVar("_Part", bound=Hashable)
_Row = TypeVar("_Row")


@dataclass(slots=True)
class _Answer:
    version: Hashable = None
    found: Any = None
    parts: dict[Any, tuple[Hashable, Sequence[Any]]] = field(default_factory=dict[Any, tuple[Hashable, Sequence[Any]]])
    rows: int = 0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class Memory:
    """The answers of one process, those that were asked for last. They are shared: nobody may change them."""

    def __init__(self, most_rows: int = _MOST_ROWS) -> None:
        self._most = most_rows
        self._rows = 0
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()

    async def get(self, key: Hashable, version: Hashable, find: Callable[[], Awaitable[_Answered]]) -> _Answered:
        """What `find` answers for `key`, or answered when the data had this version.

        `version` must have been read before `find` reads, so that an answer is as new as its version or newer.
        """
        answer = self._answer(key)
        async with answer.reading:
            if answer.version != version or answer.version is None:
                found = await find()
                answer.found, answer.version = found, version
                self._weigh(key, answer, len(found) if isinstance(found, Sized) else 0)
            return answer.found

    async def parts(
        self,
        key: Hashable,
        versions: Mapping[_Part, Hashable],
        find: Callable[[list[_Part]], Awaitable[Mapping[_Part, Sequence[_Row]]]],
    ) -> list[_Row]:
        """The rows of these days or chats, in their order: `find` is asked only for those with another version now.

        Parts that `find` does not answer have no rows. Versions must have been read before, as for `get`.
        """
        answer = self._answer(key)
        async with answer.reading:
            missing = [part for part, version in versions.items() if answer.parts.get(part, _NEVER)[0] != version]
            if missing:
                found = await find(missing)
                answer.parts |= {part: (versions[part], found.get(part, ())) for part in missing}
                self._weigh(key, answer, sum(1 + len(rows) for _, rows in answer.parts.values()))
            return [row for part in versions for row in answer.parts[part][1]]

    def _answer(self, key: Hashable) -> _Answer:
        answer = self._answers.setdefault(key, _Answer())
        self._answers.move_to_end(key)
        return answer

    def _weigh(self, key: Hashable, answer: _Answer, rows: int) -> None:
        """Note how much an answer holds, and forget the oldest ones when all together hold too much."""
        if self._answers.get(key) is not answer:
            return  # forgotten while it was read
        rows += 1
        self._rows += rows - answer.rows
        answer.rows = rows
        while self._rows > self._most:
            self._rows -= self._answers.popitem(last=False)[1].rows


_NEVER: tuple[object, Sequence[Any]] = (object(), ())
