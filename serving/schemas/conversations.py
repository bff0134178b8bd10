"""Conversations on the wire."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from evosense.conversations.models import Conversation, Speaker, State, Trajectory, resolution_ms
from evosense.metrics.conversation_pages import ConversationFilter
from serving.schemas.messages import Message, Sentiment

_FIRST, _LAST = date(2009, 1, 1), date(2199, 12, 31)
_Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]
_CONVERSATION: JsonDict = {
    "conversation_id": "01997a5c-3c43-7d3a-b6f1-2f6c1f4f6a10",
    "chat_id": "01997a5c-1111-7d3a-b6f1-2f6c1f4f6a10",
    "contact_id": "01997a5c-4444-7d3a-b6f1-2f6c1f4f6a10",
    "connection_id": "01997a5c-2222-7d3a-b6f1-2f6c1f4f6a10",
    "local_day": "2026-11-20",
    "started_at": "2026-11-20T14:03:21+00:00",
    "last_message_at": "2026-11-20T14:31:02+00:00",
    "state": "closed",
    "resolution": "implicit",
    "resolution_seconds": 1661.0,
    "closed_at": None,
    "begun_by": "customer",
    "messages_customer": 9,
    "messages_agent": 6,
    "messages_automated": 1,
    "first_response_seconds": 141.0,
    "customer_wait_seconds": 402.0,
    "is_unanswered": False,
    "responder_user_id": None,
    "scored": 8,
    "sentiment_mean": -0.12,
    "satisfaction": 64.3,
    "trajectory": "improving",
    "trajectory_change": 0.61,
    "turning_message_id": "01997a5c-9999-7d3a-b6f1-2f6c1f4f6a10",
    "turning_change": 0.83,
    "prompt_hashes": ["p1:77ab"],
    "config_hashes": ["c1:9f2c"],
}


class ConversationItem(BaseModel):
    """A chat's messages up to a silence of the company's session gap, or until somebody closed it."""

    model_config = ConfigDict(json_schema_extra={"example": _CONVERSATION})

    conversation_id: UUID = Field(description="The id of its first message")
    chat_id: UUID
    contact_id: UUID
    connection_id: UUID
    local_day: date = Field(description="On which it began, in the company's timezone; all its figures belong there")
    started_at: datetime
    last_message_at: datetime
    state: State
    resolution: Literal["explicit", "implicit"] | None = Field(
        description="explicit: somebody closed it; implicit: silence did; null while it is open"
    )
    resolution_seconds: float | None = Field(description="From its start to the close, or to its last message")
    closed_at: datetime | None
    begun_by: Speaker
    messages_customer: int
    messages_agent: int
    messages_automated: int = Field(description="Of bots and campaigns, which neither ask nor answer")
    first_response_seconds: float | None = Field(description="Null unless a customer began and a person answered")
    customer_wait_seconds: float = Field(description="All answered bursts together")
    is_unanswered: bool
    responder_user_id: UUID | None = Field(description="Who answered first, where it is known")
    scored: int
    sentiment_mean: Sentiment | None
    satisfaction: float | None = Field(description="Predicted, 0..100: mean of the last three scored messages")
    trajectory: Trajectory | None = Field(description="Null below four scored messages")
    trajectory_change: float | None
    turning_message_id: UUID | None = Field(description="Where the mood turned most; null below four scored messages")
    turning_change: float | None
    prompt_hashes: list[str]
    config_hashes: list[str]

    @classmethod
    def values(cls, item: Conversation, now: datetime, gap: timedelta) -> dict[str, Any]:
        """The wire form of `item` as plain values."""
        state = item.state(now, gap)
        how = "explicit" if item.closed_at else "implicit"
        response = item.first_response_ms
        known = {name: getattr(item, name) for name in cls.model_fields if hasattr(item, name) and name != "state"}
        return known | {
            "state": state,
            "resolution": how if state == "closed" else None,
            "resolution_seconds": resolution_ms(item) / 1000 if state == "closed" else None,
            "first_response_seconds": None if response is None else response / 1000,
            "customer_wait_seconds": sum(item.turn_waits_ms) / 1000,
        }


class ConversationPage(BaseModel):
    """Conversations, newest first."""

    items: list[ConversationItem]
    next_page: str | None = Field(description="Hand it back as `page` for the next older ones; null at the end")


class MessageChange(BaseModel):
    """Something that happened to a message after it was sent."""

    kind: Literal["edit", "delete", "status", "reaction"]
    at: datetime
    status: str | None
    text: str | None = Field(description="What an edit said instead (redacted), or the emoji; empty: taken back")


class ConversationMessage(Message):
    """A message within its conversation."""

    speaker: Speaker | None = Field(description="Null where KPIs leave the message out (revoked, stickers, reactions)")
    author_user_id: UUID | None
    is_audio: bool
    has_media: bool
    confidence: float | None
    prompt_hash: str | None
    config_hash: str | None
    summary: str | None
    events: list[MessageChange]


class ConversationDetail(ConversationItem):
    """A conversation with its messages, oldest first."""

    messages: list[ConversationMessage]


class ConversationQuery(BaseModel):
    """Parameters of `GET /api/conversations`; what is left away means any."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_day: _Day | None = Field(None, alias="from", description="First local day; by default a year ago")
    to_day: _Day | None = Field(None, alias="to", description="Last local day, included; by default today")
    chat_id: UUID | None = None
    contact_id: UUID | None = None
    connection_id: UUID | None = None
    begun_by: Speaker | None = None
    responder_user_id: UUID | None = Field(None, description="Who answered first")
    unanswered: bool | None = None
    trajectory: Trajectory | None = None
    state: State | None = None
    sentiment_min: Sentiment | None = Field(None, description="Of the conversation's mean")
    sentiment_max: Sentiment | None = None
    page: str | None = Field(None, max_length=300, description="`next_page` of the page before; opaque")
    limit: int = Field(50, ge=1, le=200)

    @model_validator(mode="after")
    def _in_order(self) -> ConversationQuery:
        if self.from_day and self.to_day and self.from_day > self.to_day:
            message = "`from` must not be after `to`"
            raise ValueError(message)
        return self

    def as_filter(self) -> ConversationFilter:
        """The same for the list."""
        return ConversationFilter(
            chat_id=self.chat_id,
            contact_id=self.contact_id,
            connection_id=self.connection_id,
            begun_by=self.begun_by,
            responder_user_id=self.responder_user_id,
            unanswered=self.unanswered,
            trajectory=self.trajectory,
            sentiment_min=self.sentiment_min,
            sentiment_max=self.sentiment_max,
            state=self.state,
        )
