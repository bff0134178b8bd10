"""KPIs of days and of periods for serving; see `evosense.metrics.stitch` for where they are read from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.begun import begun
from evosense.metrics.days import closed_rows
from evosense.metrics.figures import (
    add_frozen,
    figures_of,
    read_figures,
    read_kpis,
    stretches,
    sum_inferences,
    sum_messages,
)
from evosense.metrics.latency import answer_rows, answered_of
from evosense.metrics.memory import Memory
from evosense.metrics.models import (
    Begun,
    ConversationFigures,
    DailyKpis,
    DaySaid,
    InferenceFigures,
    Kpis,
    MessageFigures,
    TenantMetrics,
)
from evosense.metrics.open_days import open_days
from evosense.metrics.said import message_figures
from evosense.metrics.stitch import Row, Seam, clock, find_seam, one, rows

_QUERIES = load("evosense.metrics")
_MARTS = load("evosense.metrics", "marts.sql")  # these need a warehouse


async def daily(
    connection: AsyncConnection[Any], tenant_id: UUID, from_day: date, to_day: date, memory: Memory | None = None
) -> list[DailyKpis]:
    """The KPIs of each local day from `from_day` to `to_day`, both included; days without anything are there too.

    Args:
        connection: In a `tenant_transaction` of the tenant.
        tenant_id: Whose KPIs.
        from_day: First day, in the tenant's timezone.
        to_day: Last day.
        memory: Of what was read of open days.

    Raises:
        NotFound: The transaction doesn't see this tenant.
    """
    return await days_of(connection, await find_seam(connection, tenant_id, from_day, to_day, memory))


async def summary(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    from_day: date | None = None,
    to_day: date | None = None,
    memory: Memory | None = None,
) -> TenantMetrics:
    """The KPIs of a period: by default from the tenant's first message to its today.

    Percentiles of the models' latency are within 1 % (they come from sketches), all other figures exact; percentiles
    of waits leave out conversations that the plan no longer keeps.

    Raises:
        NotFound: The transaction doesn't see this tenant.
    """
    if from_day is None or to_day is None:
        to_day = to_day or (await clock(connection, tenant_id)).today
        from_day = from_day or await _first_day(connection, tenant_id, to_day)
    seam = await find_seam(connection, tenant_id, from_day, to_day, memory)
    answers = [row for row in await answer_rows(connection, seam) if row["purpose"] == "prod"]
    opened = {day: answered_of(row for row in answers if row["local_day"] == day) for day in seam.open_days}
    days = await days_of(connection, seam, opened)
    answered = answered_of(answers)
    said_today = message_figures(item.day for item in await open_days(connection, seam, [seam.today]))
    started = [item for item in await begun(connection, seam) if item.local_day not in seam.frozen_days]
    frozen = [day.kpis.conversations for day in days if day.local_day in seam.frozen_days]
    switched = await one(connection, _QUERIES["connections"], {"tenant_id": tenant_id})
    return TenantMetrics(
        from_day=from_day,
        to_day=to_day,
        today=seam.today,
        kpis=Kpis(
            messages=sum_messages(day.kpis.messages for day in days),
            inferences=sum_inferences(
                (day.kpis.inferences for day in days),
                latency_p50_ms=answered.latency_p50_ms,
                latency_p95_ms=answered.latency_p95_ms,
            ),
            conversations=add_frozen(figures_of(started), frozen),
        ),
        messages_today=said_today.messages_in + said_today.messages_out,
        active_connections=switched["active_connections"],
        live_connections=switched["live_connections"],
    )


async def days_of(
    connection: AsyncConnection[Any], seam: Seam, answered: Mapping[date, InferenceFigures] | None = None
) -> list[DailyKpis]:
    """The days of a seam's period, in order.

    `answered` are figures of models by day, for who knows them and needs no exact percentiles of open days.
    """
    days = {day: _empty_day(day) for day in seam.days}
    found = await closed_rows(connection, seam, _MARTS["closed_days"], seam.closed_days, _closed_day)
    days |= {day.local_day: day for day in found}
    started = await begun(connection, seam, days=seam.open_days)
    known = await _answered(connection, seam) if answered is None else answered
    days |= await _open_days(connection, seam, started, known)
    return list(days.values())


async def frozen_conversations(connection: AsyncConnection[Any], seam: Seam) -> dict[date, ConversationFigures]:
    """The figures of conversations of the seam's frozen days, as they were before the plan had them deleted."""
    if not seam.frozen_days:
        return {}
    found = await closed_rows(connection, seam, _MARTS["closed_days"], sorted(seam.frozen_days), _closed_day)
    return {day.local_day: day.kpis.conversations for day in found}


async def _answered(connection: AsyncConnection[Any], seam: Seam) -> dict[date, InferenceFigures]:
    """What models did on the open days, with percentiles."""
    found: dict[date, InferenceFigures] = {}
    for first, last in stretches(seam.open_days):
        values = {"tenant_id": seam.tenant_id, "from_day": first, "to_day": last}
        for row in await rows(connection, _QUERIES["open_inference_days"], values):
            found[row["local_day"]] = read_figures(InferenceFigures, row)
    return found


async def _open_days(
    connection: AsyncConnection[Any],
    seam: Seam,
    conversations: Iterable[Begun],
    answered: Mapping[date, InferenceFigures],
) -> dict[date, DailyKpis]:
    messages = {item.day.local_day: item.day for item in await open_days(connection, seam, seam.open_days)}
    started: dict[date, list[Begun]] = {day: [] for day in seam.open_days}
    for item in conversations:
        started[item.local_day].append(item)
    return {day: _open_day(day, messages.get(day), answered.get(day), started[day]) for day in seam.open_days}


def _open_day(
    day: date, said: DaySaid | None, inferences: InferenceFigures | None, started: Sequence[Begun]
) -> DailyKpis:
    return DailyKpis(
        local_day=day,
        active_contacts=said.active_contacts if said else 0,
        is_open=True,
        kpis=Kpis(
            messages=said.messages if said else MessageFigures(),
            inferences=inferences or InferenceFigures(),
            conversations=figures_of(started) if started else ConversationFigures(),
        ),
    )


def _empty_day(day: date) -> DailyKpis:
    return DailyKpis(local_day=day, active_contacts=0, is_open=False, kpis=Kpis())


def _closed_day(row: Row) -> DailyKpis:
    return DailyKpis(row["local_day"], row["active_contacts"], is_open=False, kpis=read_kpis(row))


async def _first_day(connection: AsyncConnection[Any], tenant_id: UUID, to_day: date) -> date:
    row = await one(connection, _QUERIES["first_day"], {"tenant_id": tenant_id})
    return min(row["first_day"] or to_day, to_day)
