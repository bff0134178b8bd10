"""Alerts: days that are unlike the same weekday of the weeks before."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import dropwhile
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.metrics.memory import Memory
from evosense.metrics.metric import Metric
from evosense.metrics.models import DailyKpis
from evosense.metrics.registry import METRICS
from evosense.metrics.repository import days_of
from evosense.metrics.stitch import clock, find_seam

DEFAULT_K = 3.5
WEEKS, AT_LEAST, MINIMUM_N = 28, 4, 30
Side = Literal["high", "low"]


@dataclass(frozen=True, slots=True)
class Alert:
    """A metric that left its band two days in a row, on the same side.

    The band of a day is the median of the same weekday in the weeks before ± k times their median absolute deviation;
    where more than half of them are the same, so that this is 0, ± k times the mean absolute deviation.
    `is_new_lineage`: a prompt or model scored the day that scored none of those weekdays, which may be all there is.
    """

    metric: Metric
    day: date
    value: float
    n: int
    median: float
    low: float
    high: float
    side: Side
    coverage: float | None
    prompt_hashes: tuple[str, ...]
    config_hashes: tuple[str, ...]
    is_new_lineage: bool

    @property
    def is_bad(self) -> bool:
        """Whether it went the wrong way, where a metric has one."""
        return self.metric.better == ("down" if self.side == "high" else "up")


async def alerts(
    connection: AsyncConnection[Any], tenant_id: UUID, k: float = DEFAULT_K, memory: Memory | None = None
) -> list[Alert]:
    """What was out of the ordinary yesterday and the day before, worst news first."""
    today = (await clock(connection, tenant_id)).today
    first, last = today - timedelta(weeks=WEEKS, days=2), today - timedelta(days=1)
    seam = await find_seam(connection, tenant_id, first, last, memory)
    days = await days_of(connection, seam)
    # What was before the company's first message is no history.
    known = dropwhile(lambda day: not day.kpis.messages.messages_in, days)
    return find_alerts({day.local_day: day for day in known}, today - timedelta(days=1), k)


def find_alerts(days: Mapping[date, DailyKpis], day: date, k: float = DEFAULT_K) -> list[Alert]:
    """The alerts of a day: its value and that of the day before are both outside of their bands, on one side."""
    found: list[Alert] = []
    for metric in METRICS:
        now, before = (_look(metric, days, each, k) for each in (day, day - timedelta(days=1)))
        if now and before and now.side == before.side:
            found.append(now)
    return sorted(found, key=lambda alert: (not alert.is_bad, alert.metric.name))


def _look(metric: Metric, days: Mapping[date, DailyKpis], day: date, k: float) -> Alert | None:
    """The metric of a day if it lies outside of its band."""
    history = [days[each] for each in _same_weekdays(day) if each in days]
    values = [value for item in history if (value := _value(metric, item)) is not None]
    here = _value(metric, days[day]) if day in days else None
    if here is None or len(values) < AT_LEAST or not _rests_on_enough(metric, days[day], values):
        return None
    median = statistics.median(values)
    reach = k * _spread(values, median)
    if median - reach <= here <= median + reach:
        return None
    messages = days[day].kpis.messages
    return Alert(
        metric=metric,
        day=day,
        value=here,
        n=metric.n(days[day].kpis),
        median=median,
        low=median - reach,
        high=median + reach,
        side="high" if here > median else "low",
        coverage=None if messages.coverage is None else float(messages.coverage),
        prompt_hashes=messages.prompt_hashes,
        config_hashes=messages.config_hashes,
        is_new_lineage=bool(_lineage([days[day]]) - _lineage(history)),
    )


def _spread(values: Sequence[float], median: float) -> float:
    """The median absolute deviation; the mean one where that is 0, as Iglewicz and Hoaglin 1993 propose."""
    deviations = [abs(value - median) for value in values]
    return statistics.median(deviations) or statistics.fmean(deviations)


def _lineage(days: Iterable[DailyKpis]) -> set[str]:
    """The prompts and models that scored on any of the days."""
    return {name for day in days for name in (*day.kpis.messages.prompt_hashes, *day.kpis.messages.config_hashes)}


def _same_weekdays(day: date) -> Sequence[date]:
    return [day - timedelta(weeks=back) for back in range(1, WEEKS + 1)]


def _value(metric: Metric, day: DailyKpis) -> float | None:
    found = metric.value(day.kpis)
    return None if found is None else float(found)


def _rests_on_enough(metric: Metric, day: DailyKpis, values: Sequence[float]) -> bool:
    """A count rests on what it usually is: a day on which nothing came is just what one wants to hear of."""
    if metric.unit == "count":
        return statistics.median(values) >= MINIMUM_N
    return metric.n(day.kpis) >= MINIMUM_N
