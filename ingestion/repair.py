"""Gap repair: after every join, what the server stored while nobody listened is fetched with findMessages.

The window is [last heard - 60 s, now and a little more], and before it what arrived late (`late.py`). What can't be
brought back is named in the gap's row: the history of edits, deletions made through the API, reactions' and statuses'
times, and whatever the server itself dropped.

A gap is stored window by window, the oldest first, and how far that came is kept: a link that is cut again and again
before its gap could be read to the end still has it repaired.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from evosense.connections.addresses import checked_address
from evosense.connections.gaps import GapState, OpenGap, advance_gap, begin_gap, drop_gap, finish_gap
from evosense.db.database import AWAY, AsyncPool
from evosense.errors import UpstreamTransient
from evosense.evolution.client import EvolutionClient
from evosense.evolution.events import decode_records
from evosense.evolution.refusals import EvolutionRefused
from evosense.evolution.wire_values import as_dict, as_int
from evosense.log import get_logger
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard
from evosense.settings import Networks
from ingestion.held import Held
from ingestion.late import LOOK_BACK, LateArrivals, Stretch
from ingestion.metrics import Metrics

UNRECOVERABLE: Final = "edit history, deletions through the API, presence; contact changes without a message"
_TOO_MANY: Final = "a second with more messages than the server gives in one page; " + UNRECOVERABLE
_CHUNK: Final = 500
_MARGIN: Final = timedelta(seconds=60)  # what the server stores later than it is dated
# Messages are dated by WhatsApp's clock; ours may be slow. By more than a day no time is believed (`messages.when`).
_AHEAD: Final = timedelta(minutes=10)
_FAR_AHEAD: Final = timedelta(days=1)
_AT_ONCE: Final = 4
_FIRST_RETRY_S: Final = 1.0
_LAST_RETRY_S: Final = 60.0
_log = get_logger(__name__)


@dataclass(slots=True)
class _Read:
    """How far a repair came: everything up to `until` is stored. `complete`: the server gave all that it counts."""

    until: datetime
    recovered: int
    complete: bool = True


class Repairer:
    """Repairs gaps, a few connections at a time so that no server is flooded."""

    def __init__(self, pool: AsyncPool, inbox: Inbox, metrics: Metrics, *, allowed: Networks) -> None:
        self._pool = pool
        self._inbox = inbox
        self._metrics = metrics
        self._allowed = allowed
        self._late = LateArrivals(pool)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        # In the pool's own queue each of hundreds would take 2 KB, and the writer would stand behind them.
        self._begins = asyncio.Semaphore(_AT_ONCE)

    async def begin(
        self, held: Held, cause: str, *, since: datetime | None = None, heard_until: datetime | None = None
    ) -> OpenGap | None:
        """Open the connection's gap, before it is joined: from here on nothing can be missed unnoticed.

        It begins where the connection was last heard, or at `since` if that is earlier; `heard_until` tells that its
        link lived longer than its last event.
        """
        async with self._begins, self._pool.connection() as connection:
            return await begin_gap(
                connection, held.recipient.tenant_id, held.id, cause, since=since, heard_until=heard_until
            )

    async def give_up(self, gap: OpenGap, why: str) -> None:
        """Close a gap of a source that can't be asked."""
        await self._close(gap, "lost", datetime.now(UTC), 0, why)

    async def repair(self, held: Held, gap: OpenGap, *, keep_empty: bool = True) -> int:
        """Fetch and store the gap; tries again until it could be read. Answers how many messages came back.

        Args:
            held: the connection.
            gap: its open gap.
            keep_empty: keep the gap's row also when nothing came back.

        Raises:
            EvolutionRefused: the server refuses for good; the gap is closed as lost.
        """
        delay = _FIRST_RETRY_S
        read = _Read(gap.unread_from, gap.recovered)
        while True:
            until = datetime.now(UTC)
            try:
                async with self._turns:
                    await self._fetch_and_store(held, gap, read, until)
                    if read.recovered or keep_empty or not read.complete:
                        await self._finish(gap, until, read)
                    else:
                        await self._drop(gap)
            except EvolutionRefused as refused:
                await self._close(gap, "lost", until, read.recovered, refused.reason)
                raise
            except (UpstreamTransient, *AWAY) as error:
                _log.warning("gap_waits", connection_id=str(held.id), error_class=type(error).__name__, seconds=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, _LAST_RETRY_S)
            else:
                _log.info("gap_repaired", connection_id=str(held.id), recovered=read.recovered, complete=read.complete)
                return read.recovered

    async def _fetch_and_store(self, held: Held, gap: OpenGap, read: _Read, until: datetime) -> None:
        """Bring `read` up to `until`; as far as it comes, nobody has to read it again."""
        listening = held.listening
        oldest_kept = until - timedelta(days=listening.retention_days)
        since = max(read.until, oldest_kept)
        pinned = await checked_address(listening.server_url, allowed=self._allowed)
        async with EvolutionClient(listening.server_url, held.token, pinned_host=pinned.host) as client:
            async for window in client.windows(listening.instance, since, until + _AHEAD):
                read.recovered += await self._store(held, window.records, until)
                read.complete = read.complete and window.complete
                if read.complete:
                    read.until = max(read.until, min(window.until, until) - _MARGIN)
                    await self._advance(gap, read)
            read.recovered += await self._fetch_far_ahead(held, client, until)
            first = max(gap.first_at, oldest_kept, since - LOOK_BACK)
            read.recovered += await self._fetch_late(held, client, (first, since), until)

    async def _fetch_far_ahead(self, held: Held, client: EvolutionClient, until: datetime) -> int:
        """Messages of a time that has not come yet: there are none, unless our clock is wrong."""
        recovered, newest = 0, 0
        async for window in client.windows(held.listening.instance, until + _AHEAD, until + _FAR_AHEAD):
            newest = max((as_int(as_dict(one).get("messageTimestamp")) or 0 for one in window.records), default=newest)
            recovered += await self._store(held, window.records, until)
        behind_s = max(newest - int(until.timestamp()), 0)
        self._metrics.clock_behind_seconds.set(behind_s)
        if behind_s:
            _log.error("clock_is_slow", connection_id=str(held.id), seconds=behind_s)
        return recovered

    async def _fetch_late(self, held: Held, client: EvolutionClient, stretch: Stretch, asked_at: datetime) -> int:
        recovered = 0
        try:
            for start, end in await self._late.stretches(held, client, *stretch):
                async for window in client.windows(held.listening.instance, start, end):
                    recovered += await self._store(held, window.records, asked_at)
        except BaseException:
            self._late.forget(held)
            raise
        return recovered

    async def _store(self, held: Held, records: list[Any], received_at: datetime) -> int:
        """Answers how many were new.

        `received_at` is no later than when the server was asked: what it told us since is another's to store, and a
        connection counts as heard up to there.
        """
        recovered = 0
        records.reverse()  # the server answers newest first
        for start in range(0, len(records), _CHUNK):
            events = decode_records(
                records[start : start + _CHUNK], instance=held.listening.instance, received_at=received_at
            )
            heard = Heard(held.recipient, "find_messages", events, held.lease.fence)
            recovered += (await self._inbox.store([heard])).messages
        self._metrics.recovered.inc(recovered)
        return recovered

    async def _advance(self, gap: OpenGap, read: _Read) -> None:
        async with self._pool.connection() as connection:
            await advance_gap(connection, gap, read_until=read.until, recovered=read.recovered)

    async def _drop(self, gap: OpenGap) -> None:
        async with self._pool.connection() as connection:
            await drop_gap(connection, gap)

    async def _finish(self, gap: OpenGap, until: datetime, read: _Read) -> None:
        if read.complete:
            await self._close(gap, "repaired", until, read.recovered, UNRECOVERABLE)
        else:
            await self._close(gap, "partial", until, read.recovered, _TOO_MANY)

    async def _close(self, gap: OpenGap, state: GapState, until: datetime, recovered: int, rest: str) -> None:
        self._metrics.gaps.labels(state).inc()
        async with self._pool.connection() as connection:
            await finish_gap(connection, gap, state, to_at=until, recovered=recovered, unrecoverable=rest)
