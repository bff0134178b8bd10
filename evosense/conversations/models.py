"""A conversation as KPIs see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

Speaker = Literal["customer", "agent", "automated"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages of one individual chat up to a silence of the tenant's session gap.

    WhatsApp knows no "resolved": who writes again after the gap (24 h unless the tenant set 1 to 168) begins a new
    conversation. Everything about it belongs to the local day on which it began, however long it lasts.

    Attributes:
        conversation_id: The id of its first message.
        chat_id: The thread it happened in.
        local_day: The tenant's local day of its first message.
        begun_by: Who wrote first; bots and campaigns are `automated`.
        first_response_ms: From the first message to the first of an agent; None unless a customer began and was
            answered.
        turn_waits_ms: For each burst of the customer that an agent answered, in order, from the burst's first message
            to the answer. What bots and campaigns write neither opens nor ends a burst.
        is_unanswered: A customer began and no agent has written (yet).
    """

    conversation_id: UUID
    chat_id: UUID
    local_day: date
    begun_by: Speaker
    first_response_ms: int | None
    turn_waits_ms: list[int]
    is_unanswered: bool


@dataclass(frozen=True, slots=True)
class Span:
    """What an address said from one moment to another, both included."""

    identity_id: UUID
    from_at: datetime
    to_at: datetime
