"""The ids behind a number: each message, conversation or answer that a metric counts or rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.conversations.models import Conversation
from evosense.conversations.repository import read_conversation
from evosense.db.named_queries import load
from evosense.metrics.days import conversations_of
from evosense.metrics.metric import CONVERSATIONS, INFERENCES, Metric
from evosense.metrics.stitch import Seam, rows

_QUERIES = load("evosense.metrics", "explain.sql")
Kind = Literal["message", "conversation", "inference"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing behind a number. `counts`: it is in the numerator; `value` is what it contributes to a mean."""

    id: UUID
    at: datetime
    counts: bool
    value: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a metric rests on: `n` things, `counted` of them in the numerator, and the first of them, oldest first."""

    kind: Kind
    n: int
    counted: int
    items: list[Item]


async def explain(
    connection: AsyncConnection[Any],
    seam: Seam,
    metric: Metric,
    *,
    hour: int | None = None,
    weekday: int | None = None,
    connection_id: UUID | None = None,
    limit: int = 200,
    offset: int = 0,
) -> Explanation:
    """What the metric of the period (of one local hour of its days, of one ISO weekday, of one connection) rests on.

    For a count, all of `items` are counted. Read from app whatever the warehouse says, so it also is a recount.
    """
    if metric.source == CONVERSATIONS:
        found = [item for item in await _begun(connection, seam) if connection_id in (None, item.connection_id)]
        in_time = [
            item for item in found if hour in (None, item.local_hour) and weekday in (None, item.local_day.isoweekday())
        ]
        return _conversations(metric, in_time, limit, offset)
    values = {
        **seam.scope,
        "metric": metric.name,
        "hour": hour,
        "weekday": weekday,
        "connection_id": connection_id,
        "limit": limit,
        "offset": offset,
    }
    if metric.source == INFERENCES:
        return _explanation("inference", await rows(connection, _QUERIES["explain_inferences"], values))
    return _explanation("message", await rows(connection, _QUERIES["explain_messages"], values))


async def _begun(connection: AsyncConnection[Any], seam: Seam) -> list[Conversation]:
    """The conversations of the period as they are, with everything: too much to be kept for the next who asks."""
    fresh = replace(seam, memory=None)
    built = await conversations_of(connection, fresh, "built_conversations", read_conversation, seam.days)
    return [*seam.live, *built]


def _explanation(kind: Kind, found: list[dict[str, Any]]) -> Explanation:
    n, counted = (found[0]["n"], found[0]["counted"]) if found else (0, 0)
    items = [
        Item(row["id"], row["at"], row["counts"], None if row["value"] is None else float(row["value"]))
        for row in found
        if row["id"] is not None
    ]
    return Explanation(kind, n, counted, items)


def _conversations(metric: Metric, found: list[Conversation], limit: int, offset: int) -> Explanation:
    rests_on, counts, value = _CONVERSATION_RULES.get(metric.name, (_always, _always, _nothing))
    chosen = sorted(
        (item for item in found if rests_on(item)), key=lambda item: (item.started_at, item.conversation_id)
    )
    items = [
        Item(item.conversation_id, item.started_at, counts(item), value(item))
        for item in chosen[offset : offset + limit]
    ]
    return Explanation("conversation", len(chosen), sum(counts(item) for item in chosen), items)


def _always(_: Conversation) -> bool:
    return True


def _nothing(_: Conversation) -> float | None:
    return None


def _by_customer(item: Conversation) -> bool:
    return item.begun_by == "customer"


def _unanswered(item: Conversation) -> bool:
    return item.is_unanswered


def _answered(item: Conversation) -> bool:
    return item.first_response_ms is not None


def _has_turns(item: Conversation) -> bool:
    return bool(item.turn_waits_ms)


def _response(item: Conversation) -> float | None:
    return item.first_response_ms


def _longest_wait(item: Conversation) -> float | None:
    return max(item.turn_waits_ms, default=None)


_Rule = tuple[Callable[[Conversation], bool], Callable[[Conversation], bool], Callable[[Conversation], float | None]]
_CONVERSATION_RULES: dict[str, _Rule] = {
    "unanswered": (_unanswered, _always, _nothing),
    "unanswered_pct": (_by_customer, _unanswered, _nothing),
    **{
        name: (_answered, _always, _response)
        for name in (
            "first_response_mean_ms",
            "first_response_p50_ms",
            "first_response_p90_ms",
            "first_response_p95_ms",
        )
    },
    **{
        name: (_has_turns, _always, _longest_wait)
        for name in ("turn_wait_mean_ms", "turn_wait_p50_ms", "turn_wait_p90_ms", "turn_wait_p95_ms")
    },
}
