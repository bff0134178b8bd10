"""Contacts who left without a word: their last conversation ended badly or was never answered, and then silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.metrics.days import conversations_of
from evosense.metrics.stitch import Row, Seam

Reason = Literal["unanswered", "negative"]
_NEGATIVE = -0.1


@dataclass(frozen=True, slots=True)
class Ending:
    """How a conversation of a contact ended; the fields are those of `Conversation`."""

    contact_id: UUID
    conversation_id: UUID
    chat_id: UUID
    local_day: date
    started_at: datetime
    is_unanswered: bool
    ending_sentiment: Decimal | None


_FIELDS = tuple(field.name for field in fields(Ending))


@dataclass(frozen=True, slots=True)
class Churned:
    """One contact with the last conversation and why it counts as lost."""

    contact_id: UUID
    conversation_id: UUID
    chat_id: UUID
    local_day: date
    reason: Reason
    ending_sentiment: float | None


async def endings(connection: AsyncConnection[Any], seam: Seam) -> list[Ending]:
    """Conversations of the period, with the last one of every contact among them."""
    known = [Ending(**{name: getattr(item, name) for name in _FIELDS}) for item in seam.live]
    return known + await conversations_of(connection, seam, "built_endings", _ending, seam.days)


def _ending(row: Row) -> Ending:
    return Ending(**row)


def silent_churn(found: Iterable[Ending], today: date, silent_days: int) -> list[Churned]:
    """Who has been silent for `silent_days` after a last conversation that ended negative or unanswered, latest first.

    `ended negative`: the mean sentiment of its last three scored messages is below −0.1.
    """
    last: dict[UUID, Ending] = {}
    for item in found:
        if item.contact_id not in last or last[item.contact_id].started_at < item.started_at:
            last[item.contact_id] = item
    lost: list[Churned] = []
    for contact_id, item in last.items():
        reason = _reason(item)
        if reason and item.local_day <= today - timedelta(days=silent_days):
            mood = None if item.ending_sentiment is None else float(item.ending_sentiment)
            lost.append(Churned(contact_id, item.conversation_id, item.chat_id, item.local_day, reason, mood))
    return sorted(lost, key=lambda one: (one.local_day, str(one.contact_id)), reverse=True)


def _reason(item: Ending) -> Reason | None:
    if item.is_unanswered:
        return "unanswered"
    if item.ending_sentiment is not None and item.ending_sentiment < _NEGATIVE:
        return "negative"
    return None
