"""Contacts who left without a word: their last conversation ended badly or was never answered, and then silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.conversations.models import Conversation
from evosense.metrics.days import conversations_of
from evosense.metrics.stitch import Row, Seam

Reason = Literal["unanswered", "negative"]
_NEGATIVE = Decimal("-0.1")


@dataclass(frozen=True, slots=True)
class Churned:
    """One contact with the last conversation and why it counts as lost."""

    contact_id: UUID
    conversation_id: UUID
    chat_id: UUID
    local_day: date
    reason: Reason
    ending_sentiment: float | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a conversation of a contact ended, and what is told of the contact if it is never heard of again."""

    contact_id: UUID
    started_at: datetime
    lost: Churned | None


Endings = Mapping[int, Ending]
"""The last one of each contact, by the number of its UUID: a UUID's own hash is ten times as slow."""


async def endings(connection: AsyncConnection[Any], seam: Seam) -> Endings:
    """How the last conversation of the period of each contact ended."""
    settled = seam.settled_days

    async def find() -> Endings:
        return _last(await conversations_of(connection, seam, "built_endings", _of_row, settled))

    if seam.memory is None:
        known = await find()
    else:
        key = (seam.tenant_id, "endings", seam.from_day, seam.to_day)
        known = await seam.memory.get(key, (seam.version.of_marts, *settled), find)
    found = [_of_conversation(item) for item in seam.live]
    return _last(found + await conversations_of(connection, seam, "built_endings", _of_row, seam.moving_days), known)


def silent_churn(found: Endings, today: date, silent_days: int) -> list[Churned]:
    """Who has been silent for `silent_days` after a last conversation that ended negative or unanswered, latest first.

    `ended negative`: the mean sentiment of its last three scored messages is below −0.1.
    """
    until = today - timedelta(days=silent_days)
    lost = [(item.lost.local_day, number, item.lost) for number, item in found.items() if item.lost]
    return [one for day, _, one in sorted(lost, reverse=True) if day <= until]


def _last(found: Iterable[Ending], known: Endings | None = None) -> Endings:
    last = dict(known or {})
    for item in found:
        number = item.contact_id.int
        if number not in last or last[number].started_at < item.started_at:
            last[number] = item
    return last


def _of_row(row: Row) -> Ending:
    return _ending(**row)


def _of_conversation(item: Conversation) -> Ending:
    return _ending(
        contact_id=item.contact_id,
        conversation_id=item.conversation_id,
        chat_id=item.chat_id,
        local_day=item.local_day,
        started_at=item.started_at,
        is_unanswered=item.is_unanswered,
        ending_sentiment=item.ending_sentiment,
    )


def _ending(
    *,
    contact_id: UUID,
    conversation_id: UUID,
    chat_id: UUID,
    local_day: date,
    started_at: datetime,
    is_unanswered: bool,
    ending_sentiment: Decimal | None,
) -> Ending:
    reason: Reason | None = None
    if is_unanswered:
        reason = "unanswered"
    elif ending_sentiment is not None and ending_sentiment < _NEGATIVE:
        reason = "negative"
    mood = None if ending_sentiment is None else float(ending_sentiment)
    lost = Churned(contact_id, conversation_id, chat_id, local_day, reason, mood) if reason else None
    return Ending(contact_id, started_at, lost)
