"""Lists of conversations, newest first, from both sides of the seam."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from evosense.conversations.models import Conversation, Speaker, State, Trajectory
from evosense.conversations.repository import read_conversation, session_gap
from evosense.db.named_queries import load
from evosense.errors import InvalidInput
from evosense.metrics.memory import Memory
from evosense.metrics.stitch import Seam, find_seam, rows, span_columns

_QUERIES = load("evosense.metrics", "conversation_pages.sql")


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations; None means any. Days are the tenant's own; sentiment bounds are inclusive."""

    chat_id: UUID | None = None
    contact_id: UUID | None = None
    connection_id: UUID | None = None
    begun_by: Speaker | None = None
    responder_user_id: UUID | None = None
    unanswered: bool | None = None
    trajectory: Trajectory | None = None
    sentiment_min: float | None = None
    sentiment_max: float | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    started_at: datetime
    conversation_id: UUID

    def encode(self) -> str:
        """The opaque `page` value that clients hand back."""
        packed = orjson.dumps([self.started_at, self.conversation_id])
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, page: str) -> Place:
        """The place behind `page`. Raises InvalidInput for anything that `encode` did not make."""
        try:
            started_at, found = orjson.loads(base64.urlsafe_b64decode(page + "=" * (-len(page) % 4)))
            return cls(datetime.fromisoformat(started_at).astimezone(UTC), UUID(found))
        except (binascii.Error, ValueError, TypeError, AttributeError) as error:
            message = "`page` is not one that this API gave out; leave it away to begin at the newest conversation"
            raise InvalidInput(message) from error


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """One page, newest first; `following` is the place to go on from, None at the end."""

    items: list[Conversation]
    following: Place | None
    session_gap: timedelta


async def list_conversations(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    wanted: ConversationFilter,
    *,
    from_day: date,
    to_day: date,
    before: Place | None = None,
    page_size: int = 50,
    memory: Memory | None = None,
) -> ConversationPage:
    """The newest conversations of the period that pass the filter, older than `before`."""
    gap = await session_gap(connection, tenant_id)
    seam = await find_seam(connection, tenant_id, from_day, to_day, memory)
    passes = _passes(wanted, before, datetime.now(UTC), gap)
    found = [item for item in seam.live if passes(item)]
    if seam.is_built:
        found += await _built(connection, seam, wanted, before, gap, page_size + 1)
    found.sort(key=lambda item: (item.started_at, item.conversation_id), reverse=True)
    items = found[:page_size]
    following = Place(items[-1].started_at, items[-1].conversation_id) if len(found) > page_size else None
    return ConversationPage(items, following, gap)


async def _built(
    connection: AsyncConnection[Any],
    seam: Seam,
    wanted: ConversationFilter,
    before: Place | None,
    gap: timedelta,
    page_size: int,
) -> list[Conversation]:
    values = asdict(wanted)
    state = values.pop("state")
    values |= {
        **seam.scope,
        **span_columns(seam.spans),
        "read_from": datetime.combine(seam.from_day, datetime.min.time(), UTC) - timedelta(hours=14),
        "before_at": before.started_at if before else None,
        "before_id": before.conversation_id if before else None,
        "is_open": None if state is None else state == "open",
        "open_since": datetime.now(UTC) - gap,
        "page_size": page_size,
    }
    return [read_conversation(row) for row in await rows(connection, _QUERIES["page_of_conversations"], values)]


def _passes(
    wanted: ConversationFilter, before: Place | None, now: datetime, gap: timedelta
) -> Callable[[Conversation], bool]:
    """The filter for conversations that come from app; the query has the same for those of the warehouse."""
    end = (before.started_at, before.conversation_id) if before else None
    low, high = wanted.sentiment_min, wanted.sentiment_max
    equal = {
        name: value
        for name, value in asdict(wanted).items()
        if value is not None and name not in ("unanswered", "sentiment_min", "sentiment_max", "state")
    }

    def passes(item: Conversation) -> bool:
        mood = item.sentiment_mean
        return (
            all(getattr(item, name) == value for name, value in equal.items())
            and wanted.unanswered in (None, item.is_unanswered)
            and wanted.state in (None, item.state(now, gap))
            and (low is None or (mood is not None and mood >= low))
            and (high is None or (mood is not None and mood <= high))
            and (end is None or (item.started_at, item.conversation_id) < end)
        )

    return passes
