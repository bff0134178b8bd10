"""What a company should know of its last whole day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import dropwhile
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.metrics.alerts.acknowledged import Acknowledgement, acknowledged
from evosense.metrics.alerts.alert import WEEKS, Alert
from evosense.metrics.alerts.bands import DEFAULT_K, unusual
from evosense.metrics.alerts.rules import AlertRule, broken, list_rules
from evosense.metrics.memory import Memory
from evosense.metrics.repository import days_of
from evosense.metrics.stitch import clock, find_seam


@dataclass(frozen=True, slots=True)
class Told:
    """An alert with the rule that it breaks, if it does, and who has taken notice of it."""

    alert: Alert
    rule: AlertRule | None
    acknowledgement: Acknowledgement | None


async def alerts(
    connection: AsyncConnection[Any], tenant_id: UUID, k: float = DEFAULT_K, memory: Memory | None = None
) -> list[Told]:
    """What was out of the ordinary yesterday and the day before, and the rules that yesterday broke; bad news first."""
    today = (await clock(connection, tenant_id)).today
    first, yesterday = today - timedelta(weeks=WEEKS, days=2), today - timedelta(days=1)
    seam = await find_seam(connection, tenant_id, first, yesterday, memory)
    # What was before the company's first message is no history.
    known = dropwhile(lambda day: not day.kpis.messages.messages_in, await days_of(connection, seam))
    days = {day.local_day: day for day in known}
    rules = {rule.rule_id: rule for rule in await list_rules(connection, tenant_id)}
    noticed = await acknowledged(connection, tenant_id, yesterday)
    found = [*broken(rules.values(), days, yesterday), *unusual(days, yesterday, k)]
    return [
        Told(alert, rules[alert.rule_id] if alert.rule_id else None, noticed.get(alert.metric.name))
        for alert in sorted(found, key=lambda alert: (not alert.is_bad, alert.metric.name))
    ]
