"""What arrived late: messages that are older than the gap in which the server got them.

A phone that was offline hands its backlog to WhatsApp's servers hours later, with the times of then. When nobody of us
listens at that moment, such messages lie outside the window that gap repair asks for. So the server's count of the
three days before a gap is compared with ours, once; where it has more, the stretch is halved until the quarter hours
are found that differ, and these are fetched.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from evosense.db.database import AsyncPool
from evosense.evolution.client import EvolutionClient
from evosense.log import get_logger
from evosense.messages.completeness import known_in_window
from ingestion.held import Held

LOOK_BACK: Final = timedelta(days=3)
_STEP: Final = timedelta(minutes=15)
_SECOND: Final = timedelta(seconds=1)
Stretch = tuple[datetime, datetime]
_log = get_logger(__name__)


class LateArrivals:
    """One per process; remembers what it found.

    A stretch whose counts differ for harmless reasons (the server keeps duplicates, we refuse whom we must not know) is
    fetched once, and again only when the server's count has changed.
    """

    def __init__(self, pool: AsyncPool) -> None:
        self._pool = pool
        self._fetched: dict[tuple[UUID, datetime], int] = {}

    async def stretches(self, held: Held, client: EvolutionClient, since: datetime, until: datetime) -> list[Stretch]:
        """Parts of [since, until) of which the server stored more than we have, a quarter of an hour each at most.

        Raises:
            EvolutionRefused, EvolutionUnavailable: the server's answer.
        """
        self._forget_before(since - LOOK_BACK)
        found: list[Stretch] = []
        open_ends = [(_next_step(since), until)]
        while open_ends:
            start, end = open_ends.pop()
            if end - start < _SECOND:
                continue
            total = await self._missing(held, client, start, end)
            if total is None:
                continue
            if end - start > _STEP:
                middle = _next_step(start + (end - start) / 2 - _STEP / 2)
                open_ends += [(start, middle), (middle, end)]
            elif self._fetched.get((held.id, start)) != total:
                self._fetched[held.id, start] = total
                found.append((start, end))
        if found:
            _log.info("late_arrivals_sought", connection_id=str(held.id), stretches=len(found))
        return found

    async def _missing(self, held: Held, client: EvolutionClient, start: datetime, end: datetime) -> int | None:
        """The server's count of a stretch, where it is larger than ours."""
        last_second = end - _SECOND
        page = await client.find_messages(held.listening.instance, start, last_second, rows=1)
        async with self._pool.connection() as connection:
            known = await known_in_window(
                connection, held.recipient.tenant_id, held.id, start, last_second + timedelta(microseconds=999_999)
            )
        return page.total if page.total > known.messages else None

    def _forget_before(self, oldest: datetime) -> None:
        """What nobody asks about any more."""
        self._fetched = {key: total for key, total in self._fetched.items() if key[1] >= oldest}

    def forget(self, held: Held) -> None:
        """What was found could not be stored: look at it again."""
        self._fetched = {key: total for key, total in self._fetched.items() if key[0] != held.id}


def _next_step(at: datetime) -> datetime:
    """The first quarter of an hour that does not begin before `at`."""
    seconds, step = at.timestamp(), _STEP.total_seconds()
    return datetime.fromtimestamp(-(-seconds // step) * step, UTC)
