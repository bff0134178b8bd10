"""A conversation as KPIs see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol
from uuid import UUID

Speaker = Literal["customer", "agent", "automated"]
Trajectory = Literal["improving", "flat", "worsening"]
State = Literal["open", "closed"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages of one individual chat up to a silence of the tenant's session gap.

    WhatsApp knows no "resolved": who writes again after the gap (24 h unless the tenant set 1 to 168) begins a new
    conversation. Everything about it belongs to the local day on which it began, however long it lasts.

    Attributes:
        conversation_id: The id of its first message.
        chat_id: The thread it happened in.
        connection_id: The WhatsApp number it began on.
        contact_id: Whom it was with.
        local_day: The tenant's local day of its first message.
        local_hour: The hour of it there, 0 to 23.
        begun_by: Who wrote first; bots and campaigns are `automated`.
        started_at: When its first message was sent.
        last_message_at: When its last message was sent.
        closed_at: When somebody closed it while it was open; None where silence closes it.
        responder_user_id: Who gave the first answer, where it is known.
        messages_customer: Messages of the customer.
        messages_agent: Messages of people who answer.
        messages_automated: Messages of bots and campaigns.
        first_response_ms: From the first message to the first of an agent; None unless a customer began and was
            answered.
        turn_waits_ms: For each burst of the customer that an agent answered, in order, from the burst's first message
            to the answer. What bots and campaigns write neither opens nor ends a burst.
        turns_asked_at: For each of them, when the burst began.
        is_unanswered: A customer began and no agent has written (yet).
        scored: Customer messages with a score.
        sentiment_mean: Their mean sentiment, −1 to 1.
        satisfaction: Mean predicted satisfaction of the last three of them, 0 to 100.
        ending_sentiment: Mean sentiment of the last three of them.
        trajectory_change: Mean sentiment of the last three minus that of the first three; None below four.
        trajectory: `improving` from +0.3 on, `worsening` from −0.3 down, else `flat`; None below four.
        turning_message_id: Where the mood turned most (the mean of it and the next two against that of the three
            before); None below four.
        turning_change: By how much it turned there.
        prompt_hashes: The prompts behind its scores.
        config_hashes: The models behind its scores.
    """

    conversation_id: UUID
    chat_id: UUID
    connection_id: UUID
    contact_id: UUID
    local_day: date
    local_hour: int
    begun_by: Speaker
    started_at: datetime
    last_message_at: datetime
    closed_at: datetime | None
    responder_user_id: UUID | None
    messages_customer: int
    messages_agent: int
    messages_automated: int
    first_response_ms: int | None
    turn_waits_ms: list[int]
    turns_asked_at: list[datetime]
    is_unanswered: bool
    scored: int
    sentiment_mean: Decimal | None
    satisfaction: Decimal | None
    ending_sentiment: Decimal | None
    trajectory_change: Decimal | None
    trajectory: Trajectory | None
    turning_message_id: UUID | None
    turning_change: Decimal | None
    prompt_hashes: list[str]
    config_hashes: list[str]

    def state(self, now: datetime, session_gap: timedelta) -> State:
        """Whether it can still go on: nobody has closed it, and the silence is shorter than the gap."""
        return state_of(self, now, session_gap)


class Course(Protocol):
    """When a conversation began, was last heard of and was closed by somebody."""

    @property
    def started_at(self) -> datetime: ...  # noqa: D102
    @property
    def last_message_at(self) -> datetime: ...  # noqa: D102
    @property
    def closed_at(self) -> datetime | None: ...  # noqa: D102


def state_of(item: Course, now: datetime, session_gap: timedelta) -> State:
    """Whether it can still go on: nobody has closed it, and the silence is shorter than the gap."""
    return "open" if item.closed_at is None and now - item.last_message_at < session_gap else "closed"


def resolution_ms(item: Course) -> int:
    """From its start to the explicit close, else to its last message (implicit, known once it is closed)."""
    return ((item.closed_at or item.last_message_at) - item.started_at) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """What an address said from one moment to another, both included."""

    identity_id: UUID
    from_at: datetime
    to_at: datetime
