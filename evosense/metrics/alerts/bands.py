"""Alerts that nobody asked for: days that are unlike the same weekday of the weeks before."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import date, timedelta

from evosense.metrics.alerts.alert import AT_LEAST, Alert, Days, alert_outside, value_on, values_before
from evosense.metrics.metric import Metric
from evosense.metrics.models import DailyKpis
from evosense.metrics.registry import METRICS

DEFAULT_K = 3.5
MINIMUM_N = 30


def unusual(days: Days, day: date, k: float = DEFAULT_K) -> list[Alert]:
    """The metrics that left their band on the day and on the one before, on the same side.

    The band of a day is the median of the same weekday in the weeks before ± k times their median absolute deviation;
    where more than half of them are the same, so that this is 0, ± k times the mean absolute deviation.
    """
    found: list[Alert] = []
    for metric in METRICS:
        now, before = (_look(metric, days, each, k) for each in (day, day - timedelta(days=1)))
        if now and before and now.side == before.side:
            found.append(now)
    return found


def _look(metric: Metric, days: Days, day: date, k: float) -> Alert | None:
    """The metric of a day if it lies outside of its band."""
    values = values_before(metric, days, day)
    if value_on(metric, days, day) is None or len(values) < AT_LEAST or not _rests_on_enough(metric, days[day], values):
        return None
    median = statistics.median(values)
    reach = k * _spread(values, median)
    return alert_outside(metric, days, day, median=median, low=median - reach, high=median + reach)


def _spread(values: Sequence[float], median: float) -> float:
    """The median absolute deviation; the mean one where that is 0, as Iglewicz and Hoaglin 1993 propose."""
    deviations = [abs(value - median) for value in values]
    return statistics.median(deviations) or statistics.fmean(deviations)


def _rests_on_enough(metric: Metric, day: DailyKpis, values: Sequence[float]) -> bool:
    """A count rests on what it usually is: a day on which nothing came is just what one wants to hear of."""
    if metric.unit == "count":
        return statistics.median(values) >= MINIMUM_N
    return metric.n(day.kpis) >= MINIMUM_N
