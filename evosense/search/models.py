"""What can be asked of the messages, and what a page of answers is."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson

from evosense.errors import InvalidInput

Direction = Literal["in", "out", "unknown"]
ChatKind = Literal["individual", "group", "broadcast", "newsletter", "other"]
Mode = Literal["hybrid", "text", "semantic"]
Matched = Literal["all", "corrected", "any"]
_MALFORMED = (binascii.Error, ValueError, TypeError, AttributeError)
_NOT_OURS = "`page` is not one that this API gave out; leave it away to begin at the first page"


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages; None means any, and of a list any one.

    `sent_from` is inclusive, `sent_until` exclusive; bounds of sentiment (-1..1) and satisfaction (0..100) inclusive.
    `spoken` messages are neither revoked nor a sticker, a reaction or a system message: with `direction` in and
    `chat_kinds` individual they are those that the metric `messages_in` counts.
    """

    chat_id: UUID | None = None
    connection_id: UUID | None = None
    direction: Direction | None = None
    sent_from: datetime | None = None
    sent_until: datetime | None = None
    sentiment_min: float | None = None
    sentiment_max: float | None = None
    contact_id: UUID | None = None
    satisfaction_min: int | None = None
    satisfaction_max: int | None = None
    emotions: tuple[str, ...] | None = None
    tones: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    chat_kinds: tuple[ChatKind, ...] | None = None
    spoken: bool | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page by time ended: the last message's time and id, and how far the query had to be widened."""

    sent_at: datetime
    message_id: UUID
    step: int = 0

    def encode(self) -> str:
        """The opaque `page` value that clients hand back."""
        return _pack(self.sent_at, self.message_id, self.step)

    @classmethod
    def decode(cls, page: str) -> Position:
        """The position behind `page`. Raises InvalidInput for anything that `encode` did not make."""
        try:
            sent_at, message_id, step = _unpack(page)
            return cls(_aware(sent_at), UUID(message_id), int(step))
        except _MALFORMED as error:
            raise InvalidInput(_NOT_OURS) from error


@dataclass(frozen=True, slots=True)
class RankPosition:
    """Where a page by rank ended.

    Attributes:
        score: of the last result.
        message_id: of the last result; decides between equal scores.
        up_to_id: messages that came after the first page are left out, or they would move the ranks.
        step: how far the query had to be widened.
        seen: results on the pages before.
    """

    score: float
    message_id: UUID
    up_to_id: UUID
    step: int
    seen: int

    def encode(self) -> str:
        """The opaque `page` value that clients hand back."""
        return _pack(self.score, self.message_id, self.up_to_id, self.step, self.seen)

    @classmethod
    def decode(cls, page: str) -> RankPosition:
        """The position behind `page`. Raises InvalidInput for anything that `encode` did not make."""
        try:
            score, message_id, up_to_id, step, seen = _unpack(page)
            return cls(float(score), UUID(message_id), UUID(up_to_id), int(step), int(seen))
        except _MALFORMED as error:
            raise InvalidInput(_NOT_OURS) from error


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page, newest first. `items` is a JSON array as Postgres built it, passed on as it is."""

    items: bytes
    next_page: str | None


@dataclass(frozen=True, slots=True)
class RankedPage:
    """One page, best first.

    Attributes:
        hits: messages as the API shows them, each with `score`, `similarity`, `related` and `highlights`.
        next_page: what to hand back for the next page, None at the end.
        matched: whether all terms were asked for, mistyped ones corrected, or any of them.
        config_hash: of the embedding model that took part, None when only words did.
    """

    hits: list[dict[str, Any]]
    next_page: str | None
    matched: Matched
    config_hash: str | None


def _pack(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _unpack(page: str) -> Any:
    return orjson.loads(base64.urlsafe_b64decode(page + "=" * (-len(page) % 4)))


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = "a position without an offset"
        raise ValueError(message)
    return moment
