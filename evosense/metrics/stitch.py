"""Where the warehouse ends and app begins, for one tenant and period, and rows read from both sides of that seam.

The warehouse catches up in steps, but every change leaves a mark in app.dirty (moved to app.stale_chat and
app.stale_day when a build is near) in the transaction of the change. So what is marked is read from the tables of app
and everything else from the marts: a number moves as soon as its cause is committed, and the two can't disagree.
Where the warehouse was never built, everything is read from app.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from evosense.conversations.models import Conversation, Span
from evosense.conversations.repository import all_addresses, live_conversations, read_conversation
from evosense.db.named_queries import load
from evosense.errors import NotFound
from evosense.metrics.figures import stretches
from evosense.metrics.models import Version
from evosense.metrics.open_days import OpenDays
from evosense.metrics.shape import MARTS_SHAPE

_QUERIES = load("evosense.metrics")
_MARTS = load("evosense.metrics", "marts.sql")  # these need a warehouse
Row = Mapping[str, Any]
_Answered = TypeVar("_Answered")


@dataclass(frozen=True, slots=True)
class Seam:
    """What of a period is read from where.

    Attributes:
        tenant_id: Whose period.
        from_day: First local day.
        to_day: Last local day, included.
        today: The tenant's local day of this moment.
        is_built: Whether there is a warehouse at all.
        spans: The spans of chats whose conversations the warehouse doesn't know right.
        live: The conversations of the period in these spans, as they are in app.
        open_days: The days of the period that are read from app.
        version: Of what the tenant's figures rest on, read before anything else.
        memory: Keeps what was read of open days and of conversations that go on; None: nothing is kept.
        frozen_days: Those whose messages are deleted by age: their figures are the warehouse's, whatever is marked.
    """

    tenant_id: UUID
    from_day: date
    to_day: date
    today: date
    is_built: bool
    spans: Sequence[Row]
    live: Sequence[Conversation]
    open_days: Sequence[date]
    version: Version
    memory: OpenDays | None = None
    frozen_days: frozenset[date] = frozenset()

    @property
    def scope(self) -> dict[str, Any]:
        """The parameters that a query over the period takes."""
        return {"tenant_id": self.tenant_id, "from_day": self.from_day, "to_day": self.to_day}

    @property
    def days(self) -> list[date]:
        """Every day of the period."""
        return each_day(self.from_day, self.to_day)


def each_day(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Clock:
    """The tenant's today, whether the warehouse has been built, and the version of the tenant's data."""

    today: date
    is_built: bool
    version: Version


async def clock(connection: AsyncConnection[Any], tenant_id: UUID) -> Clock:
    """The clock of a tenant this moment. Raises NotFound for a tenant that isn't seen."""
    row = await one(connection, _QUERIES["clock"], {"tenant_id": tenant_id, "shape": MARTS_SHAPE})
    return Clock(row["today"], row["is_built"], Version(row["build"], row["taken"], row["dirty"]))


async def find_seam(
    connection: AsyncConnection[Any], tenant_id: UUID, from_day: date, to_day: date, memory: OpenDays | None = None
) -> Seam:
    """The seam of the period; raises NotFound when the transaction doesn't see the tenant."""
    now = await clock(connection, tenant_id)
    scope = {"tenant_id": tenant_id, "from_day": from_day, "to_day": to_day}
    wanted = each_day(from_day, to_day)
    if not now.is_built:
        addresses = await all_addresses(connection, tenant_id, since_day=from_day)
        live = await _live(connection, scope, addresses)
        return Seam(tenant_id, from_day, to_day, now.today, False, [], live, wanted, now.version, memory)
    spans = await rows(connection, _MARTS["stale_spans"], {"tenant_id": tenant_id, "from_day": from_day})
    live = await _kept(
        memory, (tenant_id, "conversations", from_day, to_day), now, lambda: _live(connection, scope, _addresses(spans))
    )
    frozen = await _frozen_days(connection, scope)
    stale = await _stale_days(connection, scope, spans, live) - frozen
    open_days = [day for day in wanted if day in stale or day >= now.today]
    return Seam(tenant_id, from_day, to_day, now.today, True, spans, live, open_days, now.version, memory, frozen)


async def find_days(
    connection: AsyncConnection[Any], tenant_id: UUID, from_day: date, to_day: date, memory: OpenDays | None = None
) -> Seam:
    """The seam for figures of messages only, which is found without looking at conversations."""
    now = await clock(connection, tenant_id)
    scope = {"tenant_id": tenant_id, "from_day": from_day, "to_day": to_day}
    stale: set[date] = set()
    frozen: frozenset[date] = frozenset()
    if now.is_built:
        frozen = await _frozen_days(connection, scope)
        stale = {row["local_day"] for row in await rows(connection, _MARTS["stale_days"], scope)} - frozen
    wanted = each_day(from_day, to_day)
    open_days = [day for day in wanted if not now.is_built or day in stale or day >= now.today]
    return Seam(tenant_id, from_day, to_day, now.today, now.is_built, [], [], open_days, now.version, memory, frozen)


async def conversations_of(
    connection: AsyncConnection[Any], seam: Seam, days: Sequence[date] | None = None
) -> list[Conversation]:
    """The conversations that begin on these days (all of the period by default), from both sides of the seam."""
    wanted = set(seam.days if days is None else days)
    known = [item for item in seam.live if item.local_day in wanted]
    return known + [read_conversation(row) for row in await built(connection, seam, "built_conversations", wanted)]


async def built(
    connection: AsyncConnection[Any], seam: Seam, name: str, days: Iterable[date], **values: Any
) -> list[dict[str, Any]]:
    """What a query of marts.sql makes of the conversations of these days that the warehouse knows right."""
    wanted = sorted(days)
    if not seam.is_built or not wanted:
        return []
    scope = {"tenant_id": seam.tenant_id, "days": wanted, **span_columns(seam.spans)}
    return await rows(connection, _MARTS[name], {**scope, **values})


async def stitched(
    connection: AsyncConnection[Any],
    seam: Seam,
    closed: LiteralString,
    live: LiteralString,
    *,
    also_open: Iterable[date] = (),
    rests_on_messages: bool = False,
) -> list[dict[str, Any]]:
    """Rows with a `local_day`: those of open days by the query `live`, all others by `closed`.

    Args:
        connection: In a transaction of the tenant.
        seam: Of the period.
        closed: Reads a mart; takes tenant_id, from_day, to_day and open_days, whose rows it leaves out.
        live: Reads app; takes tenant_id, from_day and to_day.
        also_open: Further days to read from app.
        rests_on_messages: `live` may be answered by `open_rows`.
    """
    open_days = sorted(set(seam.open_days) | {day for day in also_open if seam.from_day <= day <= seam.to_day})
    found: list[dict[str, Any]] = []
    if seam.is_built:
        found += await rows(connection, closed, {**seam.scope, "open_days": open_days})
    read = open_rows if rests_on_messages else _read_open
    for first, last in stretches(open_days):
        found += await read(connection, seam, live, first, last)
    return found


async def open_rows(
    connection: AsyncConnection[Any], seam: Seam, query: LiteralString, first: date, last: date
) -> list[dict[str, Any]]:
    """What a query about messages reads from app of these days, or read when the tenant's data was the same.

    Only for queries that rest on nothing but messages, their scores and whom they are with: a change of those leaves a
    mark in app.dirty. The rows are shared and must not be changed.
    """
    if seam.memory is None:
        return await _read_open(connection, seam, query, first, last)
    key = (seam.tenant_id, query, first, last)
    return await seam.memory.get(key, seam.version, lambda: _read_open(connection, seam, query, first, last))


async def _read_open(
    connection: AsyncConnection[Any], seam: Seam, query: LiteralString, first: date, last: date
) -> list[dict[str, Any]]:
    return await rows(connection, query, {"tenant_id": seam.tenant_id, "from_day": first, "to_day": last})


def span_columns(spans: Iterable[Row]) -> dict[str, list[Any]]:
    """The spans as the three arrays that queries take."""
    known = list(spans)
    return {f"{name}s": [row[name] for row in known] for name in ("chat_id", "from_at", "to_at")}


async def one(connection: AsyncConnection[Any], query: LiteralString, values: dict[str, Any]) -> dict[str, Any]:
    """The first row; raises NotFound without one."""
    found = await rows(connection, query, values)
    if not found:
        raise NotFound
    return found[0]


async def rows(connection: AsyncConnection[Any], query: LiteralString, values: dict[str, Any]) -> list[dict[str, Any]]:
    """All rows. Never prepared: what is asked for decides the plan."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, values, prepare=False)
        return await cursor.fetchall()


def _addresses(spans: Iterable[Row]) -> list[Span]:
    return [Span(identity, row["from_at"], row["to_at"]) for row in spans for identity in row["identity_ids"]]


async def _kept(
    memory: OpenDays | None, key: Hashable, now: Clock, find: Callable[[], Awaitable[_Answered]]
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


async def _frozen_days(connection: AsyncConnection[Any], scope: dict[str, Any]) -> frozenset[date]:
    return frozenset(row["local_day"] for row in await rows(connection, _MARTS["frozen_days"], scope))


async def _stale_days(
    connection: AsyncConnection[Any], scope: dict[str, Any], spans: Sequence[Row], live: Iterable[Conversation]
) -> set[date]:
    """The days of the period that the warehouse doesn't know right: marked, or begun on by a stale conversation."""
    marked = await rows(connection, _MARTS["stale_days"], scope)
    former = await rows(connection, _MARTS["days_of_stale_spans"], {**scope, **span_columns(spans)}) if spans else []
    return {row["local_day"] for row in (*marked, *former)} | {item.local_day for item in live}
