"""What a metric is, and short ways to write the common kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from evosense.metrics.models import Kpis

Unit = Literal["count", "percent", "share", "score", "points", "milliseconds", "micro_usd"]
Direction = Literal["up", "down", "none"]

MESSAGES = "dbt/models/marts/fct_hourly_kpis.sql; evosense/metrics/live.sql: live_days"
INFERENCES = "dbt/models/marts/fct_daily_inferences.sql; evosense/metrics/live_answers.sql: live_daily_inferences"
CONVERSATIONS = "dbt/models/marts/fct_conversations.sql; evosense/conversations/live.sql: live_conversations"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: Its name in the API and, where it is a column, in fct_daily_kpis.
        label: What the dashboard calls it, in Portuguese.
        unit: What its value counts; `share` is 0 to 1, `percent` 0 to 100 (net sentiment −100 to 100).
        definition: One sentence.
        source: Where its SQL stands.
        value: The value, None where nothing is known.
        n: How many things it rests on: the denominator of a mean or share.
        n_of: What those things are.
        minimum_n: Below it a screen says "too few" instead of comparing.
        better: The direction that is good news.
        interval: How its 95 % interval is made.
    """

    name: str
    label: str
    unit: Unit
    definition: str
    source: str
    value: Callable[[Kpis], int | Decimal | None]
    n: Callable[[Kpis], int]
    n_of: str
    minimum_n: int
    better: Direction
    interval: str = "none"

    @property
    def grain(self) -> str:
        """The finest stretch of time that it is known for."""
        return "day" if self.source == INFERENCES else "hour"


def count(
    name: str,
    label: str,
    definition: str,
    value: Callable[[Kpis], int],
    source: str = MESSAGES,
    better: Direction = "none",
) -> Metric:
    """A plain count, which rests on itself."""
    return Metric(name, label, "count", definition, source, value, value, "itself", 0, better)


def of_scored(
    name: str,
    label: str,
    unit: Unit,
    definition: str,
    value: Callable[[Kpis], Decimal | None],
    better: Direction,
    interval: str = "Wilson",
) -> Metric:
    """A mean or share over scored customer messages."""
    return Metric(
        name,
        label,
        unit,
        definition,
        MESSAGES,
        value,
        lambda k: k.messages.scored,
        "scored customer messages",
        20,
        better,
        interval,
    )


def wait(
    name: str,
    label: str,
    definition: str,
    value: Callable[[Kpis], int | Decimal | None],
    n: Callable[[Kpis], int],
    n_of: str,
) -> Metric:
    """A time that customers waited."""
    interval = "bootstrap" if "mean" in name else "order statistics"
    return Metric(name, label, "milliseconds", definition, CONVERSATIONS, value, n, n_of, 5, "down", interval)


def latency(name: str, label: str, definition: str, value: Callable[[Kpis], int | Decimal | None]) -> Metric:
    """A time that models took."""
    return Metric(
        name,
        label,
        "milliseconds",
        definition,
        INFERENCES,
        value,
        lambda k: k.inferences.inferences,
        "valid answers",
        20,
        "down",
    )
