"""Writing a batch back in one transaction: answers, official scores, dirty days, ended tasks, live events.

The task is finished first: only work whose lease and generation still hold may become official. An answer whose
message was edited meanwhile is kept as what it is (it was paid for), and the task is handed back. Live events are
the last statement, because numbering them locks the tenants' cursors until the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.ai.tasks import Task, finished, send_finish
from evosense.live.models import NewLiveEvent
from evosense.live.publish import send_events
from evosense.scoring.models import Analyzed, Input, Question, Scored
from evosense.scoring.repository import answer_columns, as_analyzed, mark_dirty, store_answers, store_scores


@dataclass(frozen=True, slots=True)
class Written:
    """What a write-back did: ids of the tasks that ended by it, and the messages that have an official score now."""

    ended: frozenset[UUID]
    analyzed: tuple[Analyzed, ...]


async def write_back(
    connection: AsyncConnection[Any],
    scored: Sequence[Scored],
    reused: Sequence[Question] = (),
    gone: Sequence[Task] = (),
) -> Written:
    """Write a batch: fresh answers, questions answered before, and tasks whose message has no text any more.

    The last part of the transaction that `connection` is in. In a pipeline (`evosense.db.pipelined`) the next statement
    is put together while the server works on the last one.
    """
    # A question that was asked twice is one task.
    questions = list({q.task.id: q for q in (*(s.question for s in scored), *reused)}.values())
    tasks = [*(q.task for q in questions), *gone]
    if not tasks:
        return Written(frozenset(), ())
    sent = await send_finish(connection, tasks)
    answers = answer_columns(scored)
    # Put together while the server ends the tasks.
    plain = {s.question.task.id: (a, _event(a, s.question.input)) for s in scored if (a := as_analyzed(s)) is not None}
    ended = await finished(connection, tasks, sent)
    champions = {one.id for one in ended if one.is_champions}
    official = {(q.input.tenant_id, q.input.message_id): q for q in questions if q.task.id in champions}
    if official:
        await mark_dirty(connection, [q.input for q in official.values()])
    stored = await store_answers(connection, scored, answers, champions)
    written = [plain[official[message].task.id] for message in stored]
    if len(stored) < len(official):
        late = await store_scores(connection, [official[message] for message in official.keys() - stored])
        written += [(a, _event(a, official[a.tenant_id, a.message_id].input)) for a in late]
    if written:
        await send_events(connection, [event for _, event in written])
    return Written(frozenset(f.id for f in ended), tuple(analyzed for analyzed, _ in written))


def _event(analyzed: Analyzed, source: Input) -> NewLiveEvent:
    payload = {
        "message_id": analyzed.message_id,
        "chat_id": source.chat_id,
        "sentiment": analyzed.sentiment,
        "satisfaction": analyzed.satisfaction,
        "emotion": analyzed.emotion,
        "tone": analyzed.tone,
        "day": source.local_day,
    }
    return NewLiveEvent(analyzed.tenant_id, "message_analyzed", "messages", payload)
