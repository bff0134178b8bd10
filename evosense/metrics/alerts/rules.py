"""Rules of a company's own: what it wants to be told of, whether that is usual or not."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, InvalidInput, NotFound
from evosense.metrics.alerts.alert import AT_LEAST, Alert, Days, alert_outside, values_before
from evosense.metrics.metric import Metric
from evosense.metrics.registry import BY_NAME

Condition = Literal["above", "below", "rises", "falls"]
MOST_RULES: Final = 50
# Of a scale that goes through zero there is no percentage.
_NOT_RELATIVE: Final = ("points", "score")
_QUERIES = load("evosense.metrics.alerts", "alerts.sql")


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A metric's day is to be told of when it is `above` or `below` a value, or `rises` or `falls` so far.

    Attributes:
        metric: Its name in the registry.
        threshold: In the metric's unit for above and below; for rises and falls, percent of what is usual: the median
            of the same weekday in the 28 weeks before.
    """

    rule_id: UUID
    metric: str
    condition: Condition
    threshold: float
    created_at: datetime


async def list_rules(connection: AsyncConnection[Any], tenant_id: UUID) -> list[AlertRule]:
    """The company's rules, the oldest first. Those on metrics that there are no more are left out."""
    async with connection.cursor(row_factory=class_row(AlertRule)) as cursor:
        await cursor.execute(_QUERIES["list_rules"], {"tenant_id": tenant_id})
        return [rule for rule in await cursor.fetchall() if rule.metric in BY_NAME]


async def add_rule(
    connection: AsyncConnection[Any], tenant_id: UUID, metric: Metric, condition: Condition, threshold: float
) -> AlertRule:
    """A new rule; one that is there already is answered as it is.

    Raises:
        InvalidInput: rises and falls are percentages, of which this metric has none, or not as many.
        Conflict: the company has MOST_RULES.
    """
    _check(metric, condition, threshold)
    values: dict[str, Any] = {
        "tenant_id": tenant_id,
        "rule_id": new_id(),
        "metric": metric.name,
        "condition": condition,
        "threshold": threshold,
        "most": MOST_RULES,
    }
    async with connection.cursor(row_factory=class_row(AlertRule)) as cursor:
        await cursor.execute(_QUERIES["lock_rules"], values)
        await cursor.execute(_QUERIES["add_rule"], values)
        found = await cursor.fetchone()
    if found is None:
        message = f"A company has {MOST_RULES} rules at most; remove one that nobody needs"
        raise Conflict(message)
    return found


async def remove_rule(connection: AsyncConnection[Any], tenant_id: UUID, rule_id: UUID) -> None:
    """It tells of nothing any more. Raises NotFound."""
    values = {"tenant_id": tenant_id, "rule_id": rule_id}
    if await (await connection.execute(_QUERIES["remove_rule"], values)).fetchone() is None:
        raise NotFound


def broken(rules: Iterable[AlertRule], days: Days, day: date) -> list[Alert]:
    """The rules that the day breaks. A mean or share of too little breaks none."""
    found = (_look(rule, BY_NAME[rule.metric], days, day) for rule in rules)
    return [alert for alert in found if alert is not None and alert.n >= alert.metric.minimum_n]


def _look(rule: AlertRule, metric: Metric, days: Days, day: date) -> Alert | None:
    values = values_before(metric, days, day)
    usual = statistics.median(values) if len(values) >= AT_LEAST else None
    low: float | None = None
    high: float | None = None
    match rule.condition:
        case "above":
            high = rule.threshold
        case "below":
            low = rule.threshold
        case "rises" if usual is not None:
            high = usual * (1 + rule.threshold / 100)
        case "falls" if usual is not None:
            low = usual * (1 - rule.threshold / 100)
        case _:
            return None  # nothing is usual yet
    return alert_outside(metric, days, day, median=usual, low=low, high=high, rule_id=rule.rule_id)


def _check(metric: Metric, condition: Condition, threshold: float) -> None:
    if condition in ("above", "below"):
        return
    if metric.unit in _NOT_RELATIVE:
        message = f"{metric.name} goes below zero, so it has no percentages; choose above or below a value"
        raise InvalidInput(message)
    if threshold <= 0 or (condition == "falls" and threshold > 100):
        message = "rises takes a percentage above 0, falls one above 0 and up to 100"
        raise InvalidInput(message)
