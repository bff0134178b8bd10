"""How long customers wait: by the clock, and by the tenant's business hours where it has set some."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.conversations.business_hours import BusinessHours, business_hours
from evosense.conversations.models import resolution_ms, state_of
from evosense.metrics.days import conversations_of
from evosense.metrics.figures import percentile
from evosense.metrics.intervals import Interval, wilson
from evosense.metrics.intervals import percentile as percentile_interval
from evosense.metrics.stitch import Row, Seam

_HOUR_MS = 3_600_000
# In hours: 0–1, 1–4, 4–8, 8–24, 24 and more.
BOUNDS = (1, 4, 8, 24)
_Wait = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits in milliseconds; `buckets` counts those up to 1, 4, 8 and 24 hours, and longer ones."""

    n: int
    mean_ms: float | None
    p50_ms: Interval | None
    p90_ms: Interval | None
    p95_ms: Interval | None
    buckets: tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """First responses and turns by the clock; by business hours too where the tenant has set some, else None.

    `closes` are closings by people, `closed_conversations` those and what silence closed, `closed_contacts` the
    contacts behind them.
    """

    first_response: Waits
    turn: Waits
    first_response_business: Waits | None
    turn_business: Waits | None
    unanswered: Interval | None
    customer_wait_mean_ms: float | None
    resolution: Waits
    closes: int
    closed_conversations: int
    closed_contacts: int


@dataclass(frozen=True, slots=True)
class _Waited:
    """What waits are made of in a conversation; `contact` is the number of the contact's UUID."""

    connection_id: UUID
    contact: int
    is_asked: bool
    is_unanswered: bool
    started_at: datetime
    last_message_at: datetime
    closed_at: datetime | None
    first_response_ms: int | None
    turn_waits_ms: list[int]
    turns_asked_at: list[datetime]
    waited_ms: int | None
    resolution_ms: int


async def response_times(
    connection: AsyncConnection[Any], seam: Seam, gap: timedelta, now: datetime, connection_id: UUID | None = None
) -> ResponseTimes:
    """The waits of the conversations that begin in the period."""
    calendar = await business_hours(connection, seam.tenant_id)
    known = [_waited(item) for item in seam.live]
    known += await conversations_of(
        connection, seam, "built_waits", _row_waited, seam.days, calendar.is_set, is_asked=calendar.is_set
    )
    found = [item for item in known if connection_id in (None, item.connection_id)]
    first = [(item.started_at, item.first_response_ms) for item in found if item.first_response_ms is not None]
    closed = [item for item in found if state_of(item, now, gap) == "closed"]
    waited = [item.waited_ms for item in found if item.waited_ms is not None]
    return ResponseTimes(
        first_response=_waits(wait for _, wait in first),
        turn=_waits(wait for item in found for wait in item.turn_waits_ms),
        first_response_business=_worked(calendar, first),
        turn_business=_worked(calendar, _turns(found)) if calendar.is_set else None,
        unanswered=wilson(sum(item.is_unanswered for item in found), sum(item.is_asked for item in found)),
        customer_wait_mean_ms=sum(waited) / len(waited) if waited else None,
        resolution=_waits(item.resolution_ms for item in closed),
        closes=sum(item.closed_at is not None for item in found),
        closed_conversations=len(closed),
        closed_contacts=len({item.contact for item in closed}),
    )


def _waited(item: Any) -> _Waited:
    """Of a conversation, or of what `built_waits` says of one."""
    return _Waited(
        connection_id=item.connection_id,
        contact=item.contact_id.int,
        is_asked=item.begun_by == "customer",
        is_unanswered=item.is_unanswered,
        started_at=item.started_at,
        last_message_at=item.last_message_at,
        closed_at=item.closed_at,
        first_response_ms=item.first_response_ms,
        turn_waits_ms=item.turn_waits_ms,
        turns_asked_at=item.turns_asked_at,
        waited_ms=sum(item.turn_waits_ms) if item.turn_waits_ms else None,
        resolution_ms=resolution_ms(item),
    )


def _row_waited(row: Row) -> _Waited:
    return _waited(SimpleNamespace(**row))


def _turns(found: Iterable[_Waited]) -> list[_Wait]:
    return [pair for item in found for pair in zip(item.turns_asked_at, item.turn_waits_ms, strict=True)]


def _worked(calendar: BusinessHours, waits: Sequence[_Wait]) -> Waits | None:
    if not calendar.is_set:
        return None
    return _waits([calendar.worked_ms(asked, asked + timedelta(milliseconds=wait)) for asked, wait in waits])


def _waits(values: Iterable[int]) -> Waits:
    waits = sorted(values)
    p50, p90, p95 = (percentile_interval(waits, q, percentile(waits, q)) for q in (0.5, 0.9, 0.95))
    mean = sum(waits) / len(waits) if waits else None
    one, four, eight, day = (bisect_right(waits, bound * _HOUR_MS) for bound in BOUNDS)
    return Waits(len(waits), mean, p50, p90, p95, (one, four - one, eight - four, day - eight, len(waits) - day))
