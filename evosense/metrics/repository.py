"""KPIs for serving: closed days from the warehouse, what is stale from app, stitched so that they never disagree.

The warehouse catches up in steps, but every change leaves a mark in app.dirty (moved to app.stale_chat and
app.stale_day when a build is near) in the transaction of the change. So this module reads what is marked from the
tables of app and everything else from the marts: a number moves as soon as its cause is committed. Where the warehouse
was never built, everything is read from app.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from evosense.conversations.models import Conversation, Span
from evosense.conversations.repository import all_addresses, live_conversations, read_conversation
from evosense.db.named_queries import load
from evosense.errors import NotFound
from evosense.metrics.figures import figures_of, read_figures, read_kpis, stretches, sum_inferences, sum_messages
from evosense.metrics.models import (
    ConversationFigures,
    DailyKpis,
    InferenceFigures,
    Kpis,
    MessageFigures,
    TenantMetrics,
)

_QUERIES = load("evosense.metrics")
_MARTS = load("evosense.metrics", "marts.sql")  # these need a warehouse
_Row = Mapping[str, Any]


async def daily(connection: AsyncConnection[Any], tenant_id: UUID, from_day: date, to_day: date) -> list[DailyKpis]:
    """The KPIs of each local day from `from_day` to `to_day`, both included; days without anything are there too.

    Args:
        connection: In a `tenant_transaction` of the tenant.
        tenant_id: Whose KPIs.
        from_day: First day, in the tenant's timezone.
        to_day: Last day.

    Raises:
        NotFound: The transaction doesn't see this tenant.
    """
    return list((await _stitch(connection, tenant_id, from_day, to_day)).days.values())


async def summary(
    connection: AsyncConnection[Any], tenant_id: UUID, from_day: date | None = None, to_day: date | None = None
) -> TenantMetrics:
    """The KPIs of a period: by default from the tenant's first message to its today.

    Raises:
        NotFound: The transaction doesn't see this tenant.
    """
    today, is_built = await _clock(connection, tenant_id)
    to_day = to_day or today
    from_day = from_day or await _first_day(connection, tenant_id, to_day)
    period = await _stitch(connection, tenant_id, from_day, to_day)
    now = period.days[today] if today in period.days else (await daily(connection, tenant_id, today, today))[0]
    latency = await _one(connection, _QUERIES["latency_percentiles"], period.scope)
    switched = await _one(connection, _QUERIES["connections"], {"tenant_id": tenant_id})
    conversations = list(period.live)
    if is_built:
        conversations += await _built_conversations(connection, tenant_id, list(period.days), period.spans)
    return TenantMetrics(
        from_day=from_day,
        to_day=to_day,
        today=today,
        kpis=Kpis(
            messages=sum_messages(day.kpis.messages for day in period.days.values()),
            inferences=sum_inferences((day.kpis.inferences for day in period.days.values()), **latency),
            conversations=figures_of(conversations),
        ),
        messages_today=now.kpis.messages.messages_in + now.kpis.messages.messages_out,
        active_connections=switched["active_connections"],
        live_connections=switched["live_connections"],
    )


@dataclass(frozen=True, slots=True)
class _Period:
    """A stitched period: its days in order, and what came from app: conversations, and the spans they stand for."""

    scope: dict[str, Any]
    days: dict[date, DailyKpis]
    live: list[Conversation]
    spans: Sequence[_Row]


async def _stitch(connection: AsyncConnection[Any], tenant_id: UUID, from_day: date, to_day: date) -> _Period:
    today, is_built = await _clock(connection, tenant_id)
    scope = {"tenant_id": tenant_id, "from_day": from_day, "to_day": to_day}
    wanted = [from_day + timedelta(days=offset) for offset in range((to_day - from_day).days + 1)]
    spans = (
        await _rows(connection, _MARTS["stale_spans"], {"tenant_id": tenant_id, "from_day": from_day})
        if is_built
        else []
    )
    live = await _live_conversations(connection, scope, _addresses(spans) if is_built else None)
    if is_built:
        stale = await _stale_days(connection, scope, spans, live)
        open_days = [day for day in wanted if day in stale or day >= today]
        conversations = [*live, *await _built_conversations(connection, tenant_id, open_days, spans)]
        closed = {row["local_day"]: row for row in await _rows(connection, _MARTS["closed_days"], scope)}
    else:
        open_days, conversations, closed = wanted, live, {}
    days = {day: _closed_day(day, closed.get(day)) for day in wanted}
    days |= await _open_days(connection, tenant_id, open_days, conversations)
    return _Period(scope=scope, days=days, live=live, spans=spans)


def _addresses(spans: Iterable[_Row]) -> list[Span]:
    return [Span(identity, row["from_at"], row["to_at"]) for row in spans for identity in row["identity_ids"]]


async def _live_conversations(
    connection: AsyncConnection[Any], scope: dict[str, Any], addresses: list[Span] | None
) -> list[Conversation]:
    """The conversations of the period, as they are in app, of these addresses or (None) of all."""
    tenant_id, since_day = scope["tenant_id"], scope["from_day"]
    if addresses is None:
        addresses = await all_addresses(connection, tenant_id, since_day=since_day)
    if not addresses:
        return []
    found = await live_conversations(connection, tenant_id, addresses, since_day=since_day)
    return [item for item in found if item.local_day <= scope["to_day"]]


async def _stale_days(
    connection: AsyncConnection[Any], scope: dict[str, Any], spans: Sequence[_Row], live: Iterable[Conversation]
) -> set[date]:
    """The days of the period that the warehouse doesn't know right: marked, or begun on by a stale conversation."""
    marked = await _rows(connection, _MARTS["stale_days"], scope)
    former = await _rows(connection, _MARTS["days_of_stale_spans"], {**scope, **_columns(spans)}) if spans else []
    return {row["local_day"] for row in (*marked, *former)} | {item.local_day for item in live}


def _columns(spans: Iterable[_Row]) -> dict[str, list[Any]]:
    known = list(spans)
    return {f"{name}s": [row[name] for row in known] for name in ("chat_id", "from_at", "to_at")}


async def _open_days(
    connection: AsyncConnection[Any], tenant_id: UUID, days: Sequence[date], conversations: Iterable[Conversation]
) -> dict[date, DailyKpis]:
    messages: dict[date, _Row] = {}
    inferences: dict[date, _Row] = {}
    for first, last in stretches(days):
        values = {"tenant_id": tenant_id, "from_day": first, "to_day": last}
        messages |= {row["local_day"]: row for row in await _rows(connection, _QUERIES["open_message_days"], values)}
        found = await _rows(connection, _QUERIES["open_inference_days"], values)
        inferences |= {row["local_day"]: row for row in found}
    begun: dict[date, list[Conversation]] = {day: [] for day in days}
    for item in conversations:
        if item.local_day in begun:
            begun[item.local_day].append(item)
    return {
        day: DailyKpis(
            local_day=day,
            active_contacts=messages[day]["active_contacts"] if day in messages else 0,
            is_open=True,
            kpis=Kpis(
                messages=read_figures(MessageFigures, messages[day]) if day in messages else MessageFigures(),
                inferences=read_figures(InferenceFigures, inferences[day]) if day in inferences else InferenceFigures(),
                conversations=figures_of(begun[day]) if begun[day] else ConversationFigures(),
            ),
        )
        for day in days
    }


def _closed_day(day: date, row: _Row | None) -> DailyKpis:
    if row is None:
        return DailyKpis(local_day=day, active_contacts=0, is_open=False, kpis=Kpis())
    return DailyKpis(local_day=day, active_contacts=row["active_contacts"], is_open=False, kpis=read_kpis(row))


async def _built_conversations(
    connection: AsyncConnection[Any], tenant_id: UUID, days: Sequence[date], stale_spans: Iterable[_Row]
) -> list[Conversation]:
    values = {"tenant_id": tenant_id, "days": list(days), **_columns(stale_spans)}
    return [read_conversation(row) for row in await _rows(connection, _MARTS["built_conversations"], values)]


async def _first_day(connection: AsyncConnection[Any], tenant_id: UUID, to_day: date) -> date:
    row = await _one(connection, _QUERIES["first_day"], {"tenant_id": tenant_id})
    return min(row["first_day"] or to_day, to_day)


async def _clock(connection: AsyncConnection[Any], tenant_id: UUID) -> tuple[date, bool]:
    row = await _one(connection, _QUERIES["clock"], {"tenant_id": tenant_id})
    return row["today"], row["is_built"]


async def _one(connection: AsyncConnection[Any], query: LiteralString, values: dict[str, Any]) -> dict[str, Any]:
    rows = await _rows(connection, query, values)
    if not rows:
        raise NotFound
    return rows[0]


async def _rows(connection: AsyncConnection[Any], query: LiteralString, values: dict[str, Any]) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, values, prepare=False)
        return await cursor.fetchall()
