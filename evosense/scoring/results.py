"""Writing what became of tasks, whatever it was, and counting it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from evosense.ai.tasks import Failed, Task, give_up, record_failed, wait_for_backend
from evosense.db.database import AsyncPool
from evosense.db.pipelined import pipelined
from evosense.embeddings.embed_batch import Embedded
from evosense.scoring.answers import Asked
from evosense.scoring.models import Done, Question, Scored
from evosense.scoring.plan import BREAKER_OPEN, Plan, put_off
from evosense.scoring.writeback import Written, write_back


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one task: exactly one of these is filled in.

    Attributes:
        task: the leased task.
        day: the tenant-local day of its message, where that is known.
        scored: answers, the last one counts.
        reused: the question that was answered before.
        failed: the call brought no answer.
        reason: the class of why it is given up.
        wait_seconds: it goes back for so long, with no try counted.
        gone: its message has no text any more.
    """

    task: Task
    day: date | None = None
    scored: tuple[Scored, ...] = ()
    reused: Question | None = None
    failed: Failed | None = None
    reason: str | None = None
    wait_seconds: float | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch, and in how many seconds its first retry is due (None: none is)."""

    done: list[Done]
    next_retry_seconds: float | None = None


def of_plan(plan: Plan) -> list[Result]:
    """Results that need no call."""
    return [
        *(Result(q.task, q.input.local_day, reused=q) for q in plan.reused),
        *(Result(task, gone=True) for task in plan.gone),
        *(Result(task, reason=reason) for task, reason in plan.given_up),
        *(Result(task, wait_seconds=seconds) for task, seconds in plan.waiting),
    ]


def of_asked(asked: Asked) -> Result:
    """The result of asking."""
    question = asked.ask.question
    task, day = question.task, question.input.local_day
    if asked.kept is not None:
        plan = Plan()
        put_off(plan, task, asked.kept.seconds)
        return of_plan(plan)[0]
    if asked.failure is not None:
        return Result(task, day, failed=Failed(task, asked.failure, question.prompt_hash, question.config_hash))
    return Result(task, day, scored=asked.scored)


async def write(pool: AsyncPool, results: Sequence[Result]) -> Outcome:
    """Write a batch: answers and official scores in one transaction, then what failed, waits or is given up."""
    failed = [r.failed for r in results if r.failed is not None]
    waiting = [r for r in results if r.wait_seconds is not None]
    given_up = [(r.task, r.reason) for r in results if r.reason is not None]
    due: list[float | None] = [r.wait_seconds for r in waiting]
    async with pipelined(pool) as connection:
        written = await write_back(
            connection,
            [scored for r in results for scored in r.scored],
            [r.reused for r in results if r.reused is not None],
            [r.task for r in results if r.gone],
        )
    if failed or waiting or given_up:
        async with pool.connection() as connection:
            await give_up(connection, given_up)
            for seconds, tasks in _by_wait(waiting):
                await wait_for_backend(connection, tasks, seconds)
            due.append(await record_failed(connection, failed))
    return Outcome(
        [done for r in results for done in _count(r, written)], min((s for s in due if s is not None), default=None)
    )


def _by_wait(results: Iterable[Result]) -> list[tuple[float, list[Task]]]:
    """Tasks by whole seconds of waiting."""
    waits: dict[float, list[Task]] = {}
    for result in results:
        waits.setdefault(float(round(result.wait_seconds or 0) or 1), []).append(result.task)
    return list(waits.items())


def _count(result: Result, written: Written) -> list[Done]:
    task, day = result.task, result.day
    if result.scored:
        return _count_answers(result.scored, written.ended)
    if result.failed is not None:
        status = "failed" if result.failed.is_final else "retried"
        return [Done("score", day, status, result.failed.failure.latency_ms)]
    if result.reason is not None:
        return [Done("score", None, "dropped" if result.reason == BREAKER_OPEN else "failed")]
    if result.reused is not None:
        return [Done("score", day, "reused", queue_ms=task.queue_ms)]
    return [Done("score", day, "waiting" if result.wait_seconds is not None else "skipped")]


def _count_answers(answers: Sequence[Scored], ended: frozenset[UUID]) -> list[Done]:
    """The last answer's status; a re-ask is counted beside it, and so is what both cost."""
    last = answers[-1]
    task, day = last.question.task, last.question.input.local_day
    done = Done(
        kind="score",
        day=day,
        status=last.verdict.status if task.id in ended else "superseded",
        latency_ms=last.answer.latency_ms,
        queue_ms=task.queue_ms,
        cost_micros=round(1e6 * sum(one.answer.cost_usd for one in answers)),
    )
    return [done, *(Done("score", day, "reasked") for one in answers if one.question.is_reask)]


def of_embedded(embedded: Embedded) -> Outcome:
    """What became of a batch of texts to embed."""
    done = [
        Done("embed", text.local_day, "ok", queue_ms=queue_ms)
        for text, queue_ms in zip(embedded.stored, embedded.queue_ms, strict=True)
    ]
    done += [Done("embed", None, "superseded")] * embedded.superseded
    done += [Done("embed", None, "waiting")] * embedded.waiting
    done += [Done("embed", None, "skipped")] * embedded.gone
    done += [Done("embed", None, "failed" if failed.is_final else "retried") for failed in embedded.failed]
    return Outcome(done, embedded.next_retry_seconds)
