"""Messages on the wire. Postgres builds the pages as JSON (migration 0041); a test holds them to these models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from evosense.scoring.contract import Emotion, Tone
from evosense.search.models import ChatKind, Direction, MessageFilter
from serving.schemas.instant import Instant
from serving.schemas.text import Text

Sentiment = Annotated[float, Field(ge=-1, le=1)]
Satisfaction = Annotated[int, Field(ge=0, le=100)]
MessageType = Literal[
    "text", "image", "video", "audio", "document", "sticker", "location", "contact", "poll", "reaction", "system",
    "other",
]  # fmt: skip
EXAMPLE: JsonDict = {
    "id": "01997a5c-3c43-7d3a-b6f1-2f6c1f4f6a10",
    "chat_id": "01997a5c-1111-7d3a-b6f1-2f6c1f4f6a10",
    "connection_id": "01997a5c-2222-7d3a-b6f1-2f6c1f4f6a10",
    "direction": "in",
    "type": "text",
    "text": "Meu pedido não chegou até agora",
    "sent_at": "2026-11-20T14:03:21+00:00",
    "edited": False,
    "deleted": False,
    "sentiment": -0.62,
    "satisfaction": 21,
    "emotion": "frustracao",
    "tone": "urgente",
}


class Message(BaseModel):
    """A message, redacted, with its score (null until it has one, and for kinds that get none)."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    id: UUID
    chat_id: UUID | None = Field(description="Opaque; never a phone number")
    connection_id: UUID
    direction: Direction
    type: str
    text: str | None = Field(description="Personal data replaced by tokens such as <CPF:a3f9>")
    sent_at: datetime
    edited: bool
    deleted: bool
    sentiment: Sentiment | None
    satisfaction: Annotated[int, Field(ge=0, le=100)] | None
    emotion: str | None
    tone: str | None


class MessagePage(BaseModel):
    """Messages, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [EXAMPLE], "next_page": "WyIyMDI2LTEx…"}})

    items: list[Message]
    next_page: str | None = Field(description="Hand it back as `page` for the next older ones; null at the end")


class Filters(BaseModel):
    """Which messages; what is left away means any."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    chat_id: UUID | None = None
    connection_id: UUID | None = None
    direction: Direction | None = None
    sent_from: Instant | None = Field(None, alias="from", description="Inclusive, with an offset")
    sent_until: Instant | None = Field(None, alias="to", description="Exclusive, with an offset")
    sentiment_min: Sentiment | None = None
    sentiment_max: Sentiment | None = None
    contact_id: UUID | None = None
    satisfaction_min: Satisfaction | None = None
    satisfaction_max: Satisfaction | None = None
    emotions: list[Emotion] | None = Field(None, alias="emotion", max_length=11, description="Any of these")
    tones: list[Tone] | None = Field(None, alias="tone", max_length=7, description="Any of these")
    types: list[MessageType] | None = Field(None, alias="type", max_length=12, description="Any of these")
    chat_kinds: list[ChatKind] | None = Field(
        None, alias="chat_kind", max_length=5, description="Any of these; figures count what is in individual chats"
    )
    spoken: bool | None = Field(
        None, description="true: no revoked ones, stickers, reactions or system messages, which no figure counts"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Filters:
        if self.sent_from and self.sent_until and self.sent_from >= self.sent_until:
            message = "`from` must be before `to`"
            raise ValueError(message)
        return self

    def as_filter(self) -> MessageFilter:
        """The same for the search."""
        return MessageFilter(
            self.chat_id,
            self.connection_id,
            self.direction,
            self.sent_from,
            self.sent_until,
            self.sentiment_min,
            self.sentiment_max,
            self.contact_id,
            self.satisfaction_min,
            self.satisfaction_max,
            tuple(self.emotions) if self.emotions else None,
            tuple(self.tones) if self.tones else None,
            tuple(self.types) if self.types else None,
            tuple(self.chat_kinds) if self.chat_kinds else None,
            self.spoken,
        )


_ANY = Filters.model_validate({})


class MessageQuery(Filters):
    """Parameters of `GET /api/messages`."""

    q: Text | None = Field(
        None,
        max_length=500,
        description='Words; accents don\'t matter. "exact phrase", begin*, or, -without',
        examples=["entrega atrasada"],
    )
    theme_id: UUID | None = Field(None, description="Only those that belong to this theme; not together with `q`")
    page: str | None = Field(None, max_length=300, description="`next_page` of the page before; opaque")
    limit: int = Field(50, ge=1, le=200)

    @model_validator(mode="after")
    def _words_or_theme(self) -> MessageQuery:
        if self.theme_id and self.q and self.q.strip():
            message = "`theme_id` lists messages by time; leave `q` away"
            raise ValueError(message)
        return self
