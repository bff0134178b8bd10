"""Which work new and edited messages make for the models, which days they make dirty, and who hears of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from evosense.ai.shards import shard_of
from evosense.db.ids import new_id
from evosense.live.models import NewLiveEvent
from evosense.messages.batch import Batch, MessageRow
from evosense.messages.kinds import is_scored

LIVE_LANE = 0
HISTORY_LANE = 1


class TaskRow(NamedTuple):
    """app.ai_task. Prompt and config stay empty: the champion of the moment of the claim."""

    tenant_id: UUID
    id: UUID
    kind: str
    lane: int
    message_id: UUID
    shard: int


class DirtyRow(NamedTuple):
    """app.dirty."""

    tenant_id: UUID
    chat_identity_id: UUID
    local_day: date
    cause: str


class Timed(NamedTuple):
    """A message that is new, got a better time or turned out to be of the API.

    `former_sent_at` is the time that it had before.
    """

    tenant_id: UUID
    id: UUID
    chat_identity_id: UUID
    connection_id: UUID
    sent_at: datetime
    former_sent_at: datetime | None = None


class Settled(NamedTuple):
    """A message whose body followed its edits and deletions: a row of query `settle_bodies`."""

    tenant_id: UUID
    id: UUID
    connection_id: UUID
    chat_identity_id: UUID
    chat_kind: str
    direction: str
    sent_at: datetime
    has_text: bool
    text_changed: bool
    is_deleted: bool
    deletion_changed: bool


def tasks_of(batch: Batch, new: Iterable[MessageRow], settled: Iterable[Settled]) -> list[TaskRow]:
    """Tasks for new messages as they read now, and for known ones whose text was edited."""
    by_id = {row.id: row for row in settled}
    texts = {body.message_id: bool(body.text) for body in batch.bodies.values()}
    rows: list[TaskRow] = []
    for message in new:
        change = by_id.pop(message.id, None)
        if change is not None and change.is_deleted:
            continue
        has_text = change.has_text if change else texts[message.id]
        lane = HISTORY_LANE if message.sent_at_source == "backfill" else LIVE_LANE
        embeddings = batch.recipients[message.connection_id].embeddings
        rows += _tasks(message, has_text=has_text, lane=lane, embeddings=embeddings)
    for change in by_id.values():
        if change.text_changed and not change.is_deleted:
            embeddings = batch.recipients[change.connection_id].embeddings
            rows += _tasks(change, has_text=change.has_text, lane=LIVE_LANE, embeddings=embeddings)
    return rows


def _tasks(message: MessageRow | Settled, *, has_text: bool, lane: int, embeddings: bool) -> list[TaskRow]:
    shard = shard_of(message.chat_identity_id)
    kinds: list[str] = []
    if is_scored(message.direction, message.chat_kind, has_text=has_text):
        kinds.append("score")
    if has_text and embeddings:
        kinds.append("embed")
    return [TaskRow(message.tenant_id, new_id(), kind, lane, message.id, shard) for kind in kinds]


def dirty_of(batch: Batch, timed: Iterable[Timed], settled: Iterable[Settled]) -> list[DirtyRow]:
    """The local days, in each tenant's zone, on which something changed, or which a message left; each once."""
    rows: dict[DirtyRow, None] = {}

    def mark(row: Timed | Settled, cause: str, at: datetime) -> None:
        zone = batch.recipients[row.connection_id].zone
        day = at.astimezone(zone).date()
        rows[DirtyRow(row.tenant_id, row.chat_identity_id, day, cause)] = None

    for row in timed:
        mark(row, "message", row.sent_at)
        if row.former_sent_at is not None:
            mark(row, "message", row.former_sent_at)
    for row in settled:
        if row.text_changed:
            mark(row, "edit", row.sent_at)
        if row.deletion_changed:
            mark(row, "delete", row.sent_at)
    return list(rows)


def live_events_of(batch: Batch, new: Iterable[MessageRow], threads: dict[UUID, UUID]) -> list[NewLiveEvent]:
    """One event per message heard live; a history is told as the days that it changed, once each."""
    events: list[NewLiveEvent] = []
    days: dict[tuple[UUID, str], None] = {}
    for message in new:
        if message.sent_at_source == "backfill":
            zone = batch.recipients[message.connection_id].zone
            days[message.tenant_id, message.sent_at.astimezone(zone).date().isoformat()] = None
            continue
        payload: dict[str, Any] = {
            "message_id": message.id,
            "chat_id": threads.get(message.chat_identity_id),
            "sent_at": message.sent_at,
            "direction": message.direction,
        }
        events.append(NewLiveEvent(message.tenant_id, "message_received", "messages", payload))
    events += [NewLiveEvent(tenant_id, "kpi_changed", "kpis", {"day": day}) for tenant_id, day in days]
    return events
