"""When a tenant's people are at work, and how much of a wait falls into it.

Applied when numbers are read, not when they are built: a change of hours holds for the past at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from evosense.db.named_queries import load
from evosense.errors import InvalidInput, NotFound

_QUERIES = load("evosense.conversations")
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch of a weekday (ISO: Monday is 1). `closes` None is midnight at its end."""

    weekday: int
    opens: time
    closes: time | None

    @property
    def ends(self) -> timedelta:
        """When it ends, counted from the day's midnight."""
        return timedelta(days=1) if self.closes is None else _since_midnight(self.closes)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A local day without work."""

    local_day: date
    name: str = ""


@dataclass(frozen=True)
class BusinessHours:
    """A tenant's calendar. No opening at all means around the clock: then business waits are not told apart."""

    timezone: str
    openings: tuple[Opening, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    _spans: dict[date, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_set(self) -> bool:
        """Whether there are hours at all."""
        return bool(self.openings)

    def spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The stretches of work of a local day, in order, as moments: a day on which clocks change has them right."""
        if day not in self._spans:
            self._spans[day] = () if day in self._days_off else tuple(self._moments(day))
        return self._spans[day]

    def worked_ms(self, from_at: datetime, to_at: datetime) -> int:
        """Milliseconds of work between two moments."""
        zone = ZoneInfo(self.timezone)
        day, last = from_at.astimezone(zone).date(), to_at.astimezone(zone).date()
        worked = timedelta()
        while day <= last:
            for opens, closes in self.spans(day):
                worked += max(timedelta(), min(closes, to_at) - max(opens, from_at))
            day += timedelta(days=1)
        return worked // _MILLISECOND

    @property
    def _days_off(self) -> set[date]:
        return {holiday.local_day for holiday in self.holidays}

    def _moments(self, day: date) -> list[tuple[datetime, datetime]]:
        return sorted(
            (self._moment(day, _since_midnight(item.opens)), self._moment(day, item.ends))
            for item in self.openings
            if item.weekday == day.isoweekday()
        )

    def _moment(self, day: date, wall: timedelta) -> datetime:
        zone = ZoneInfo(self.timezone)
        local = datetime.combine(day, time()) + wall
        # To UTC and back: a wall time that a change of clocks skips is the moment after it.
        return local.replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))


async def business_hours(connection: AsyncConnection[Any], tenant_id: UUID) -> BusinessHours:
    """The tenant's calendar. Raises NotFound."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["business_hours"], {"tenant_id": tenant_id})
        row = await cursor.fetchone()
    if row is None:
        raise NotFound
    return BusinessHours(
        row["timezone"],
        tuple(Opening(item["weekday"], _time(item["opens"]), _end(item["closes"])) for item in row["openings"]),
        tuple(Holiday(date.fromisoformat(item["local_day"]), item["name"]) for item in row["holidays"]),
    )


async def set_business_hours(
    connection: AsyncConnection[Any], tenant_id: UUID, openings: Sequence[Opening], holidays: Sequence[Holiday]
) -> None:
    """The tenant's calendar is this and nothing else; business waits of the past follow at once.

    Raises:
        InvalidInput: Two stretches of a weekday overlap, or one ends before it begins.
    """
    check(openings)
    await connection.execute(_QUERIES["clear_hours"], {"tenant_id": tenant_id})
    await connection.execute(_QUERIES["clear_holidays"], {"tenant_id": tenant_id})
    await connection.execute(
        _QUERIES["add_hours"],
        {
            "tenant_id": tenant_id,
            "weekdays": [item.weekday for item in openings],
            "opens": [item.opens for item in openings],
            "closes": ["24:00" if item.closes is None else item.closes.isoformat() for item in openings],
        },
    )
    await connection.execute(
        _QUERIES["add_holidays"],
        {
            "tenant_id": tenant_id,
            "days": [item.local_day for item in holidays],
            "names": [item.name for item in holidays],
        },
    )


def check(openings: Sequence[Opening]) -> None:
    """Raise InvalidInput unless each stretch ends after it begins and none overlaps another."""
    taken: dict[int, list[tuple[timedelta, timedelta]]] = {}
    for item in openings:
        begins, ends = _since_midnight(item.opens), item.ends
        known = taken.setdefault(item.weekday, [])
        place = bisect_right(known, (begins, ends))
        before = known[place - 1][1] if place else timedelta()
        after = known[place][0] if place < len(known) else timedelta(days=1)
        if not before <= begins < ends <= after:
            message = f"The hours of weekday {item.weekday} overlap, or end before they begin"
            raise InvalidInput(message)
        known.insert(place, (begins, ends))


def _since_midnight(wall: time) -> timedelta:
    return timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second)


def _time(text: str) -> time:
    return time.fromisoformat(text)


def _end(text: str) -> time | None:
    return None if text.startswith("24") else _time(text)
