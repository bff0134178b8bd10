"""What to do with each task of a claimed batch: freeze its input, look for an earlier answer, choose who is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.ai.fleet import Fleet
from evosense.ai.lane import Lane
from evosense.ai.tasks import MAX_CLAIMS, Task
from evosense.prompts.models import PromptText
from evosense.prompts.registry import champions, read_versions
from evosense.scoring.inputs import read_inputs
from evosense.scoring.models import Input, Question
from evosense.scoring.repository import find_answered

# Who loses nothing by not being asked: a challenger's sample is dropped while the backend is away, and counted.
_DROPPED = frozenset(("shadow", "aa"))
BREAKER_OPEN = "breaker_open"


@dataclass(frozen=True, slots=True)
class Ask:
    """A question and the backend it goes to; `prompt` is None for one that reads none."""

    question: Question
    lane: Lane
    prompt: PromptText | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a batch of tasks.

    Attributes:
        asks: questions to ask.
        reused: questions that were answered before.
        gone: tasks whose message has no text any more.
        given_up: tasks that can't be asked, with a reason's class.
        waiting: tasks whose backend is away, with seconds until it is worth looking again.
    """

    asks: list[Ask] = field(default_factory=list[Ask])
    reused: list[Question] = field(default_factory=list[Question])
    gone: list[Task] = field(default_factory=list[Task])
    given_up: list[tuple[Task, str]] = field(default_factory=list[tuple[Task, str]])
    waiting: list[tuple[Task, float]] = field(default_factory=list[tuple[Task, float]])


async def plan_batch(connection: AsyncConnection[Any], fleet: Fleet, tasks: Sequence[Task]) -> Plan:
    """Plan a claimed batch; commit before asking, as inputs are frozen here."""
    inputs = await read_inputs(connection, tasks)
    champion = await champions(connection, {task.tenant_id for task in tasks})
    plan = Plan()
    asks: list[Ask] = []
    for task in tasks:
        found = inputs.get((task.tenant_id, task.message_id))
        if found is None:
            plan.gone.append(task)
        else:
            asks += _route(plan, fleet, task, found, task.prompt_hash or champion.get(task.tenant_id, ""))
    await _keep_unanswered(connection, plan, asks)
    await _add_prompts(connection, plan)
    return plan


def _route(plan: Plan, fleet: Fleet, task: Task, source: Input, prompt_hash: str) -> list[Ask]:
    """The question with its backend, or nothing: then the plan holds why."""
    reason = _hopeless(task, fleet, prompt_hash)
    if reason:
        plan.given_up.append((task, reason))
        return []
    lane = _lane(task, fleet)
    if lane is None:
        put_off(plan, task, fleet.wait_seconds(task.tenant_id))
        return []
    return [Ask(Question(task, source, prompt_hash, lane.config.config_hash), lane)]


def put_off(plan: Plan, task: Task, seconds: float) -> None:
    """Nobody can be asked now: champions and replays wait, with no try counted; challengers are dropped."""
    if task.purpose in _DROPPED:
        plan.given_up.append((task, BREAKER_OPEN))
    else:
        plan.waiting.append((task, max(seconds, 1.0)))


def _lane(task: Task, fleet: Fleet) -> Lane | None:
    if not task.config_hash:
        return fleet.choose(task.tenant_id)
    named = fleet.by_config(task.tenant_id, task.config_hash)
    return named if named is not None and named.wait_seconds() == 0 else None


def _hopeless(task: Task, fleet: Fleet, prompt_hash: str) -> str | None:
    """Why a task can't be asked at all, as a class to record."""
    if task.claims > MAX_CLAIMS:
        return "worker_lost"
    if not prompt_hash:
        return "no_champion"
    if task.config_hash and fleet.by_config(task.tenant_id, task.config_hash) is None:
        return "unknown_model"
    return None


async def _keep_unanswered(connection: AsyncConnection[Any], plan: Plan, asks: Sequence[Ask]) -> None:
    """What was answered before is not paid for again; a champion's unusable answer may still be asked once more."""
    answered = await find_answered(connection, [ask.question for ask in asks])
    again: list[Ask] = []
    for number, ask in enumerate(asks):
        status = answered.get(number)
        if status is None:
            plan.asks.append(ask)
        elif status == "invalid" and ask.lane.scorer.reads_prompt and ask.question.may_be_reasked:
            again.append(replace(ask, question=replace(ask.question, is_reask=True)))
        else:
            plan.reused.append(ask.question)
    done = await find_answered(connection, [ask.question for ask in again])
    plan.asks.extend(ask for number, ask in enumerate(again) if number not in done)
    plan.reused.extend(ask.question for number, ask in enumerate(again) if number in done)


async def _add_prompts(connection: AsyncConnection[Any], plan: Plan) -> None:
    """Prompts of the questions whose backend reads them; one whose version is unknown is given up."""
    reading = {(a.question.task.tenant_id, a.question.prompt_hash) for a in plan.asks if a.lane.scorer.reads_prompt}
    prompts: Mapping[tuple[UUID, str], PromptText] = await read_versions(connection, reading) if reading else {}
    asks = list(plan.asks)
    plan.asks.clear()
    for ask in asks:
        prompt = prompts.get((ask.question.task.tenant_id, ask.question.prompt_hash))
        if prompt is None and ask.lane.scorer.reads_prompt:
            plan.given_up.append((ask.question.task, "unknown_prompt"))
        else:
            plan.asks.append(replace(ask, prompt=prompt) if ask.lane.scorer.reads_prompt else ask)
