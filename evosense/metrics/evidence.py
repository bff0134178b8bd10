"""A metric's value with what it rests on: n, a 95 % interval, and whether n is enough to compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evosense.metrics.figures import add_frozen, figures_of
from evosense.metrics.intervals import Interval, bootstrap_mean, mean, net, percentile, wilson
from evosense.metrics.metric import Metric
from evosense.metrics.models import Begun, ConversationFigures, InferenceFigures, Kpis, MessageFigures


@dataclass(frozen=True, slots=True)
class Evidence:
    """All figures of a cell, with the waits of its conversations one by one."""

    kpis: Kpis
    responses: Sequence[int] = ()
    waits: Sequence[int] = ()

    @classmethod
    def of(
        cls,
        messages: MessageFigures,
        begun: Sequence[Begun],
        inferences: InferenceFigures | None = None,
        frozen: Sequence[ConversationFigures] = (),
    ) -> Evidence:
        """A cell out of its message figures, its conversations, and the figures of days that have lost theirs."""
        return cls(
            Kpis(messages, inferences or InferenceFigures(), add_frozen(figures_of(begun), frozen)),
            [value for item in begun for value in item.responses],
            [value for item in begun for value in item.waits],
        )


@dataclass(frozen=True, slots=True)
class Value:
    """A metric of a cell; `value` is None where nothing is known, the bounds where n allows none or none is defined."""

    value: float | None
    n: int
    low: float | None
    high: float | None
    is_enough: bool


def value_of(metric: Metric, cell: Evidence) -> Value:
    """The metric over the cell."""
    found, n = metric.value(cell.kpis), metric.n(cell.kpis)
    interval = INTERVALS[metric.name](cell) if metric.name in INTERVALS else None
    return Value(
        value=None if found is None else float(found),
        n=n,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        is_enough=n >= metric.minimum_n,
    )


def _share(of: Callable[[Kpis], tuple[int, int]], factor: float = 100) -> Callable[[Evidence], Interval | None]:
    def interval(cell: Evidence) -> Interval | None:
        found = wilson(*of(cell.kpis))
        return found.times(factor) if found else None

    return interval


def _net(cell: Evidence) -> Interval | None:
    m = cell.kpis.messages
    found = net(m.positive, m.negative, m.scored)
    return found.times(100) if found else None


def _sentiment(cell: Evidence) -> Interval | None:
    m = cell.kpis.messages
    return mean(m.sentiment_sum, m.sentiment_square_sum, m.scored)


def _satisfaction(cell: Evidence) -> Interval | None:
    m = cell.kpis.messages
    return mean(m.satisfaction_sum, m.satisfaction_square_sum, m.scored)


def _response_mean(cell: Evidence) -> Interval | None:
    if len(cell.responses) != cell.kpis.conversations.answered:
        return None  # of frozen days only sums are left
    return bootstrap_mean(cell.responses)


def _turn_mean(cell: Evidence) -> Interval | None:
    return bootstrap_mean(cell.waits) if len(cell.waits) == cell.kpis.conversations.turns else None


def _invalid(k: Kpis) -> tuple[int, int]:
    return k.inferences.inferences_failed, k.inferences.inferences + k.inferences.inferences_failed


def _responses(fraction: float, name: str) -> Callable[[Evidence], Interval | None]:
    return lambda cell: percentile(cell.responses, fraction, _conversation_figure(cell, name))


def _waits(fraction: float, name: str) -> Callable[[Evidence], Interval | None]:
    return lambda cell: percentile(cell.waits, fraction, _conversation_figure(cell, name))


def _conversation_figure(cell: Evidence, name: str) -> Any:
    return getattr(cell.kpis.conversations, name)


INTERVALS: dict[str, Callable[[Evidence], Interval | None]] = {
    "coverage": _share(lambda k: (k.messages.scored, k.messages.eligible), factor=1),
    "positive_pct": _share(lambda k: (k.messages.positive, k.messages.scored)),
    "neutral_pct": _share(lambda k: (k.messages.neutral, k.messages.scored)),
    "negative_pct": _share(lambda k: (k.messages.negative, k.messages.scored)),
    "net_sentiment": _net,
    "sentiment_mean": _sentiment,
    "satisfaction_mean": _satisfaction,
    "unanswered_pct": _share(lambda k: (k.conversations.unanswered, k.conversations.conversations_by_customer)),
    "first_response_mean_ms": _response_mean,
    "first_response_p50_ms": _responses(0.5, "first_response_p50_ms"),
    "first_response_p90_ms": _responses(0.9, "first_response_p90_ms"),
    "first_response_p95_ms": _responses(0.95, "first_response_p95_ms"),
    "turn_wait_mean_ms": _turn_mean,
    "invalid_pct": _share(_invalid),
    "turn_wait_p50_ms": _waits(0.5, "turn_wait_p50_ms"),
    "turn_wait_p90_ms": _waits(0.9, "turn_wait_p90_ms"),
    "turn_wait_p95_ms": _waits(0.95, "turn_wait_p95_ms"),
}
