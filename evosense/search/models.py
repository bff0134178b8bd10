"""What can be asked of the messages, and what a page of answers is."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import orjson

from evosense.errors import InvalidInput

Direction = Literal["in", "out", "unknown"]


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; None means any. `sent_from` is inclusive, `sent_until` exclusive, sentiment bounds inclusive."""

    chat_id: UUID | None = None
    connection_id: UUID | None = None
    direction: Direction | None = None
    sent_from: datetime | None = None
    sent_until: datetime | None = None
    sentiment_min: float | None = None
    sentiment_max: float | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the last message's time and id, and whether any of the words was enough to match."""

    sent_at: datetime
    message_id: UUID
    any_word: bool = False

    def encode(self) -> str:
        """The opaque `page` value that clients hand back."""
        packed = orjson.dumps([self.sent_at, self.message_id, self.any_word])
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, page: str) -> Position:
        """The position behind `page`. Raises InvalidInput for anything that `encode` did not make."""
        try:
            sent_at, message_id, any_word = orjson.loads(base64.urlsafe_b64decode(page + "=" * (-len(page) % 4)))
            return cls(_aware(sent_at), UUID(message_id), bool(any_word))
        except (binascii.Error, ValueError, TypeError, AttributeError) as error:
            message = "`page` is not one that this API gave out; leave it away to begin at the newest message"
            raise InvalidInput(message) from error


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page, newest first. `items` is a JSON array as Postgres built it, passed on as it is."""

    items: bytes
    next_page: str | None


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = "a position without an offset"
        raise ValueError(message)
    return moment
