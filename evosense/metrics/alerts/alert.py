"""What an alert is, and what a day is held against: the same weekday of the weeks before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from evosense.metrics.metric import Metric
from evosense.metrics.models import DailyKpis

WEEKS, AT_LEAST = 28, 4
Days = Mapping[date, DailyKpis]
Side = Literal["high", "low"]


@dataclass(frozen=True, slots=True)
class Alert:
    """A metric that left its band on a day.

    Attributes:
        median: Of the same weekday in the weeks before; None where there are too few of them.
        low: Where the band begins; None where any low value is fine.
        high: Where it ends; None where any high value is fine.
        side: Where the value lies.
        coverage: Scored ÷ eligible customer messages of the day, 0..1.
        prompt_hashes: The prompts behind the day's scores.
        config_hashes: The models behind the day's scores.
        is_new_lineage: A prompt or model scored the day that scored none of those weekdays, which may be all there is.
        rule_id: The company's rule that it breaks; None for a band that its own past makes.
    """

    metric: Metric
    day: date
    value: float
    n: int
    median: float | None
    low: float | None
    high: float | None
    side: Side
    coverage: float | None
    prompt_hashes: tuple[str, ...]
    config_hashes: tuple[str, ...]
    is_new_lineage: bool
    rule_id: UUID | None = None

    @property
    def is_bad(self) -> bool:
        """Whether it went the wrong way. Where a metric has none, it is for whoever made a rule to say."""
        if self.metric.better == "none":
            return self.rule_id is not None
        return self.metric.better == ("down" if self.side == "high" else "up")


def alert_outside(
    metric: Metric,
    days: Days,
    day: date,
    *,
    median: float | None,
    low: float | None,
    high: float | None,
    rule_id: UUID | None = None,
) -> Alert | None:
    """The alert of a day if the metric lies outside of this band."""
    here = value_on(metric, days, day)
    if here is None:
        return None
    is_low, is_high = low is not None and here < low, high is not None and here > high
    if not is_low and not is_high:
        return None
    messages = days[day].kpis.messages
    return Alert(
        metric=metric,
        day=day,
        value=here,
        n=metric.n(days[day].kpis),
        median=median,
        low=low,
        high=high,
        side="high" if is_high else "low",
        coverage=None if messages.coverage is None else float(messages.coverage),
        prompt_hashes=messages.prompt_hashes,
        config_hashes=messages.config_hashes,
        is_new_lineage=bool(_lineage([days[day]]) - _lineage(_weekdays_before(days, day))),
        rule_id=rule_id,
    )


def value_on(metric: Metric, days: Days, day: date) -> float | None:
    """The metric of a day, None where it isn't known."""
    found = metric.value(days[day].kpis) if day in days else None
    return None if found is None else float(found)


def values_before(metric: Metric, days: Days, day: date) -> list[float]:
    """What the metric was on the same weekday of the weeks before, where it is known."""
    values = (metric.value(item.kpis) for item in _weekdays_before(days, day))
    return [float(value) for value in values if value is not None]


def _weekdays_before(days: Days, day: date) -> Sequence[DailyKpis]:
    wanted = (day - timedelta(weeks=back) for back in range(1, WEEKS + 1))
    return [days[each] for each in wanted if each in days]


def _lineage(days: Iterable[DailyKpis]) -> set[str]:
    """The prompts and models that scored on any of the days."""
    return {name for day in days for name in (*day.kpis.messages.prompt_hashes, *day.kpis.messages.config_hashes)}
