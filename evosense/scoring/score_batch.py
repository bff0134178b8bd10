"""Scoring a batch of leased tasks: read and freeze, look up what was answered before, ask, judge, write back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.ai.protocols import CallFailure, Scorer, ScoringAnswer
from evosense.ai.tasks import MAX_CLAIMS, Failed, Task, give_up, record_failed
from evosense.db.database import AsyncPool
from evosense.prompts.models import PromptText
from evosense.prompts.registry import champions, read_versions
from evosense.scoring.ask import ask, build_request
from evosense.scoring.contract import validate
from evosense.scoring.inputs import read_inputs
from evosense.scoring.models import Done, Question, Scored
from evosense.scoring.repository import find_answered
from evosense.scoring.writeback import Written, write_back


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a batch of tasks.

    Attributes:
        fresh: questions to ask.
        reused: questions that were answered before.
        gone: tasks whose message has no text any more.
        hopeless: tasks that can't be asked, with a reason's class.
        prompts: versions by (tenant, hash), where the scorer reads prompts.
    """

    fresh: list[Question] = field(default_factory=list[Question])
    reused: list[Question] = field(default_factory=list[Question])
    gone: list[Task] = field(default_factory=list[Task])
    hopeless: list[tuple[Task, str]] = field(default_factory=list[tuple[Task, str]])
    prompts: Mapping[tuple[UUID, str], PromptText] = field(default_factory=dict[tuple[UUID, str], PromptText])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch, and in how many seconds its first retry is due (None: none is)."""

    done: list[Done]
    next_retry_seconds: float | None = None


async def score_batch(pool: AsyncPool, scorer: Scorer, tasks: Sequence[Task]) -> Outcome:
    """Score leased tasks. Each ends with a stored answer, a recorded failure, or goes back for another try."""
    async with pool.connection() as connection:
        plan = await _plan(connection, scorer, tasks)
    requests = [
        build_request(q, plan.prompts[q.task.tenant_id, q.prompt_hash] if scorer.reads_prompt else None)
        for q in plan.fresh
    ]
    answers = await ask(scorer, requests) if requests else []
    scored: list[Scored] = []
    failed: list[Failed] = []
    for question, answer in zip(plan.fresh, answers, strict=True):
        if isinstance(answer, ScoringAnswer):
            scored.append(Scored(question, answer, validate(answer, message_text=question.input.text)))
        else:
            failed.append(_failed(question, answer))
    async with pool.connection() as connection:
        written = await write_back(connection, scored, plan.reused, plan.gone)
        async with connection.transaction():
            await give_up(connection, plan.hopeless)
            retry = await record_failed(connection, failed)
    return Outcome(_count(plan, scored, failed, written), retry)


async def _plan(connection: AsyncConnection[Any], scorer: Scorer, tasks: Sequence[Task]) -> Plan:
    inputs = await read_inputs(connection, tasks)
    champion = await champions(connection, {task.tenant_id for task in tasks})
    plan = Plan()
    questions: list[Question] = []
    for task in tasks:
        found = inputs.get((task.tenant_id, task.message_id))
        prompt_hash = task.prompt_hash or champion.get(task.tenant_id, "")
        reason = _hopeless(task, scorer, prompt_hash)
        if found is None:
            plan.gone.append(task)
        elif reason:
            plan.hopeless.append((task, reason))
        else:
            questions.append(Question(task, found, prompt_hash, scorer.config.config_hash))
    answered = await find_answered(connection, questions)
    plan.reused.extend(q for n, q in enumerate(questions) if n in answered)
    plan.fresh.extend(q for n, q in enumerate(questions) if n not in answered)
    if not scorer.reads_prompt:
        return plan
    return await _with_prompts(connection, plan)


def _hopeless(task: Task, scorer: Scorer, prompt_hash: str) -> str | None:
    """Why a task can't be asked at all, as a class to record."""
    if task.attempts > MAX_CLAIMS:
        return "worker_lost"
    if not prompt_hash:
        return "no_champion"
    if task.config_hash not in ("", scorer.config.config_hash):
        return "unknown_model"
    return None


async def _with_prompts(connection: AsyncConnection[Any], plan: Plan) -> Plan:
    """The plan with the prompts of its fresh questions; one whose version is unknown is hopeless."""
    prompts = await read_versions(connection, {(q.task.tenant_id, q.prompt_hash) for q in plan.fresh})
    known = [q for q in plan.fresh if (q.task.tenant_id, q.prompt_hash) in prompts]
    unknown = [(q.task, "unknown_prompt") for q in plan.fresh if (q.task.tenant_id, q.prompt_hash) not in prompts]
    return Plan(known, plan.reused, plan.gone, [*plan.hopeless, *unknown], prompts)


def _failed(question: Question, failure: CallFailure) -> Failed:
    return Failed(question.task, failure, question.prompt_hash, question.config_hash)


def _count(plan: Plan, scored: Sequence[Scored], failed: Sequence[Failed], written: Written) -> list[Done]:
    days = {q.task.id: q.input.local_day for q in plan.fresh}
    done = [_done(s, written) for s in scored]
    done += [Done("score", q.input.local_day, "reused", queue_ms=q.task.queue_ms) for q in plan.reused]
    done += [Done("score", None, "skipped") for _ in plan.gone]
    done += [Done("score", None, "failed") for _ in plan.hopeless]
    done += [
        Done("score", days[f.task.id], "failed" if f.is_final else "retried", f.failure.latency_ms) for f in failed
    ]
    return done


def _done(scored: Scored, written: Written) -> Done:
    task, source = scored.question.task, scored.question.input
    return Done(
        kind="score",
        day=source.local_day,
        status=scored.verdict.status if task.id in written.ended else "superseded",
        latency_ms=scored.answer.latency_ms,
        queue_ms=task.queue_ms,
        cost_micros=round(1e6 * scored.answer.cost_usd),
    )
