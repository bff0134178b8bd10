"""Where the warehouse ends and app begins, for one tenant and period, and rows read from both sides of that seam.

The warehouse catches up in steps, but every change leaves a mark in app.dirty (moved to app.stale_chat and
app.stale_day when a build is near) in the transaction of the change. So what is marked is read from the tables of app
and everything else from the marts: a number moves as soon as its cause is committed, and the two can't disagree.
Where the warehouse was never built, everything is read from app.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from evosense.conversations.models import Conversation, Span
from evosense.conversations.repository import all_addresses, live_conversations
from evosense.db.arrays import BinaryArray, array
from evosense.db.named_queries import load
from evosense.errors import NotFound
from evosense.metrics.memory import Memory
from evosense.metrics.models import Changes, Version
from evosense.metrics.shape import MARTS_SHAPE

_QUERIES = load("evosense.metrics")
_MARTS = load("evosense.metrics", "marts.sql")  # these need a warehouse
Row = Mapping[str, Any]
_Answered = TypeVar("_Answered")
# Periods that begin within it share what is found of stale conversations.
_HORIZON = timedelta(days=200)
_VERSION = tuple(field.name for field in fields(Version))


@dataclass(frozen=True, slots=True)
class Seam:
    """What of a period is read from where.

    Attributes:
        tenant_id: Whose period.
        from_day: First local day.
        to_day: Last local day, included.
        today: The tenant's local day of this moment.
        writing_since: Nobody still writes what is of a day before.
        is_built: Whether there is a warehouse at all.
        spans: The spans of chats whose conversations the warehouse doesn't know right.
        live: The conversations of the period in these spans, as they are in app.
        open_days: The days of the period that are read from app.
        version: Of what the tenant's figures rest on, read before anything else.
        changes: Since app.dirty was emptied, read with it.
        memory: Keeps what was read, for as long as it is right; None: nothing is kept.
        frozen_days: Those whose messages are deleted by age: their figures are the warehouse's, whatever is marked.
    """

    tenant_id: UUID
    from_day: date
    to_day: date
    today: date
    writing_since: date
    is_built: bool
    spans: Sequence[Row]
    live: Sequence[Conversation]
    open_days: Sequence[date]
    version: Version
    changes: Changes
    memory: Memory | None = None
    frozen_days: frozenset[date] = frozenset()

    @property
    def scope(self) -> dict[str, Any]:
        """The parameters that a query over the period takes."""
        return {"tenant_id": self.tenant_id, "from_day": self.from_day, "to_day": self.to_day}

    @property
    def days(self) -> list[date]:
        """Every day of the period."""
        return each_day(self.from_day, self.to_day)

    @property
    def closed_days(self) -> list[date]:
        """Those that are read from the marts."""
        opened = set(self.open_days)
        return [day for day in self.days if day not in opened]

    @property
    def settled_days(self) -> list[date]:
        """Closed days of which nothing changes before the marts do: whatever is made of them can be kept."""
        return [day for day in self.closed_days if day not in self.frozen_days]

    @property
    def moving_days(self) -> list[date]:
        """The others: those that are read from app, and those whose messages are being deleted by age."""
        settled = set(self.settled_days)
        return [day for day in self.days if day not in settled]


def each_day(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Clock:
    """The tenant's today, whether the warehouse has been built, the version of the tenant's data, what changed last.

    Nobody still writes what is of a day before `writing_since`: no transaction takes an hour.
    """

    today: date
    writing_since: date
    has_frozen: bool
    is_built: bool
    version: Version
    changes: Changes


async def clock(connection: AsyncConnection[Any], tenant_id: UUID) -> Clock:
    """The clock of a tenant this moment. Raises NotFound for a tenant that isn't seen."""
    scope = {"tenant_id": tenant_id, "shape": MARTS_SHAPE}
    row = await one(connection, _QUERIES["clock"], scope, prepare=True)
    version = Version(**{name: row[name] for name in _VERSION})
    slices = zip(row["marked_days"], row["marked_slices"], strict=True)
    changes = Changes(row["moves"], dict(zip(slices, row["marks"], strict=True)))
    return Clock(row["today"], row["writing_since"], row["has_frozen"], row["is_built"], version, changes)


@dataclass(frozen=True, slots=True)
class _Stale:
    """What the warehouse doesn't know right from some day on: conversations of chats in spans, and local days."""

    spans: Sequence[Row] = ()
    live: Sequence[Conversation] = ()
    days: frozenset[date] = frozenset()


async def find_seam(
    connection: AsyncConnection[Any], tenant_id: UUID, from_day: date, to_day: date, memory: Memory | None = None
) -> Seam:
    """The seam of the period; raises NotFound when the transaction doesn't see the tenant."""
    now = await clock(connection, tenant_id)
    scope = {"tenant_id": tenant_id, "from_day": from_day, "to_day": to_day}
    wanted = each_day(from_day, to_day)
    if not now.is_built:
        addresses = await all_addresses(connection, tenant_id, since_day=from_day)
        live = await _live(connection, scope, addresses)
        return Seam(
            tenant_id,
            from_day,
            to_day,
            now.today,
            now.writing_since,
            False,
            [],
            live,
            wanted,
            now.version,
            now.changes,
            memory,
        )
    horizon = {**scope, "from_day": min(from_day, now.today - _HORIZON), "to_day": max(to_day, now.today)}
    key = (tenant_id, "stale", horizon["from_day"], horizon["to_day"])
    stale = await _kept(memory, key, now, lambda: _stale(connection, horizon, now, memory))
    frozen = await _frozen_days(connection, scope, now)
    return Seam(
        tenant_id,
        from_day,
        to_day,
        now.today,
        now.writing_since,
        True,
        stale.spans,
        [item for item in stale.live if from_day <= item.local_day <= to_day],
        [day for day in wanted if (day in stale.days and day not in frozen) or day >= now.today],
        now.version,
        now.changes,
        memory,
        frozen,
    )


async def find_days(
    connection: AsyncConnection[Any], tenant_id: UUID, from_day: date, to_day: date, memory: Memory | None = None
) -> Seam:
    """The seam for figures of messages only, which is found without looking at conversations."""
    now = await clock(connection, tenant_id)
    scope = {"tenant_id": tenant_id, "from_day": from_day, "to_day": to_day}
    stale: set[date] = set()
    frozen: frozenset[date] = frozenset()
    if now.is_built:
        frozen = await _frozen_days(connection, scope, now)
        stale = {row["local_day"] for row in await rows(connection, _MARTS["stale_days"], scope)} - frozen
    wanted = each_day(from_day, to_day)
    open_days = [day for day in wanted if not now.is_built or day in stale or day >= now.today]
    return Seam(
        tenant_id,
        from_day,
        to_day,
        now.today,
        now.writing_since,
        now.is_built,
        [],
        [],
        open_days,
        now.version,
        now.changes,
        memory,
        frozen,
    )


def span_columns(spans: Iterable[Row]) -> dict[str, BinaryArray]:
    """The spans as the three arrays that queries take."""
    known = list(spans)
    types = {"chat_id": UUID, "from_at": datetime, "to_at": datetime}
    return {f"{name}s": array(type_, [row[name] for row in known]) for name, type_ in types.items()}


async def one(
    connection: AsyncConnection[Any], query: LiteralString, values: dict[str, Any], *, prepare: bool = False
) -> dict[str, Any]:
    """The first row; raises NotFound without one."""
    found = await rows(connection, query, values, prepare=prepare)
    if not found:
        raise NotFound
    return found[0]


async def rows(
    connection: AsyncConnection[Any], query: LiteralString, values: dict[str, Any], *, prepare: bool = False
) -> list[dict[str, Any]]:
    """All rows. Prepared only where what is asked for does not decide the plan."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, values, prepare=prepare)
        return await cursor.fetchall()


def _addresses(spans: Iterable[Row]) -> list[Span]:
    return [Span(identity, row["from_at"], row["to_at"]) for row in spans for identity in row["identity_ids"]]


async def _kept(
    memory: Memory | None, key: Hashable, now: Clock, find: Callable[[], Awaitable[_Answered]]
) -> _Answered:
    """What `find` answers, or answered when the tenant's data was the same."""
    return await find() if memory is None else await memory.get(key, now.version, find)


async def _live(
    connection: AsyncConnection[Any], scope: dict[str, Any], addresses: Sequence[Span]
) -> list[Conversation]:
    if not addresses:
        return []
    found = await live_conversations(connection, scope["tenant_id"], addresses, since_day=scope["from_day"])
    return [item for item in found if item.local_day <= scope["to_day"]]


async def _live_chats(
    connection: AsyncConnection[Any], scope: dict[str, Any], spans: Sequence[Row], now: Clock, memory: Memory | None
) -> list[Conversation]:
    """The conversations of stale chats; only those of chats in which something happened are computed again."""
    by_chat = {row["chat_id"]: row for row in spans}

    async def find(chats: Iterable[UUID]) -> Mapping[UUID, list[Conversation]]:
        found: dict[UUID, list[Conversation]] = defaultdict(list)
        for item in await _live(connection, scope, _addresses(by_chat[chat] for chat in chats)):
            found[item.chat_id].append(item)
        return found

    if memory is None:
        return [item for items in (await find(by_chat)).values() for item in items]
    version = now.version
    state = (version.of_marts, version.timezone, now.changes.moves)
    versions = {
        chat: (*state, row["changes"], row["from_at"], row["to_at"], tuple(row["identity_ids"]))
        for chat, row in by_chat.items()
    }
    key = (scope["tenant_id"], "live", scope["from_day"], scope["to_day"])
    return await memory.parts(key, versions, find)


async def _frozen_days(connection: AsyncConnection[Any], scope: dict[str, Any], now: Clock) -> frozenset[date]:
    if not now.has_frozen:
        return frozenset()
    return frozenset(row["local_day"] for row in await rows(connection, _MARTS["frozen_days"], scope, prepare=True))


async def _stale(connection: AsyncConnection[Any], scope: dict[str, Any], now: Clock, memory: Memory | None) -> _Stale:
    """What of the period is marked, and the days on which stale conversations begin or began."""
    values = {"tenant_id": scope["tenant_id"], "from_day": scope["from_day"]}
    spans = await rows(connection, _MARTS["stale_spans"], values)
    live = await _live_chats(connection, scope, spans, now, memory)
    marked = await rows(connection, _MARTS["stale_days"], scope)
    former = await rows(connection, _MARTS["days_of_stale_spans"], {**scope, **span_columns(spans)}) if spans else []
    days = {row["local_day"] for row in (*marked, *former)} | {item.local_day for item in live}
    return _Stale(spans, live, frozenset(days))
