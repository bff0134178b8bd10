"""Registered experiments: the question and its arms, written down and frozen before the first challenger call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import EVERYONE, new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, InvalidInput, NotFound
from evosense.experiments.measures import measure_named
from evosense.experiments.models import Arm, Goal, Guardrail, Question

_QUERIES = load("evosense.experiments", "shadow.sql")
State = Literal["draft", "running", "harm_stopped", "futile", "ready", "promoted", "stopped"]
DEFAULT_SHARE_BP = 1_000


@dataclass(frozen=True, slots=True)
class Experiment:
    """A registered question."""

    tenant_id: UUID
    id: UUID
    name: str
    hypothesis: str
    prompt_name: str
    primary_measure: str
    goal: Goal
    margin: float
    alpha: float
    guardrails: list[dict[str, Any]]
    planned_chats: int
    aa_share_bp: int
    state: State
    created_by: str
    created_at: datetime
    frozen_at: datetime | None
    ended_at: datetime | None

    @property
    def key(self) -> str:
        """What buckets are hashed with."""
        return str(self.id)

    @property
    def tenant_ids(self) -> list[UUID] | None:
        """Whose messages take part: the owner's, or everybody's (None)."""
        return None if self.tenant_id == EVERYONE else [self.tenant_id]

    @property
    def question(self) -> Question:
        """The question as the comparison wants it."""
        rails = tuple(Guardrail(r["measure"], float(r["margin"]), bool(r["is_relative"])) for r in self.guardrails)
        return Question(self.primary_measure, self.goal, self.margin, self.alpha, rails)


@dataclass(frozen=True, slots=True)
class ShadowArm:
    """A prompt in an experiment with its share of messages in basis points."""

    arm: str
    prompt_hash: str
    config_hash: str
    share_bp: int
    is_baseline: bool
    stopped_at: datetime | None = None
    stop_reason: str | None = None

    @property
    def as_arm(self) -> Arm:
        """The arm as comparisons name it."""
        return Arm(self.arm, self.prompt_hash, self.config_hash)


@dataclass(frozen=True, slots=True)
class Event:
    """A decision in an experiment."""

    arm: str | None
    kind: str
    actor: str
    detail: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """What is written down before looking. `challengers` are (name, prompt hash, share in basis points)."""

    name: str
    hypothesis: str
    baseline_hash: str
    config_hash: str
    challengers: Sequence[tuple[str, str, int]]
    planned_chats: int
    created_by: str
    question: Question = field(default_factory=Question)
    prompt_name: str = "sentiment"
    aa_share_bp: int = 100


async def create(connection: AsyncConnection[Any], tenant_id: UUID, registration: Registration) -> UUID:
    """Register an experiment as a draft; answers its id.

    Raises:
        InvalidInput: no challenger, an unknown measure, a share out of range, a prompt twice.
        Conflict: the name is taken.
    """
    _check(registration)
    experiment_id = new_id()
    question = registration.question
    params = {
        "tenant_id": tenant_id,
        "id": experiment_id,
        "name": registration.name,
        "hypothesis": registration.hypothesis,
        "prompt_name": registration.prompt_name,
        "primary_measure": question.primary,
        "goal": question.goal,
        "margin": question.margin,
        "alpha": question.alpha,
        "guardrails": orjson.dumps([asdict(rail) for rail in question.guardrails]).decode(),
        "planned_chats": registration.planned_chats,
        "aa_share_bp": registration.aa_share_bp,
        "created_by": registration.created_by,
    }
    if await (await connection.execute(_QUERIES["create_experiment"], params)).fetchone() is None:
        message = f"there is an experiment called {registration.name} already; choose another name"
        raise Conflict(message)
    arms = [("champion", registration.baseline_hash, 10_000), *registration.challengers]
    for place, (name, prompt_hash, share_bp) in enumerate(arms):
        arm = {
            "tenant_id": tenant_id,
            "experiment_id": experiment_id,
            "arm": name,
            "prompt_hash": prompt_hash,
            "config_hash": registration.config_hash,
            "share_bp": share_bp,
            "is_baseline": place == 0,
        }
        await connection.execute(_QUERIES["add_arm"], arm)
    return experiment_id


def _check(registration: Registration) -> None:
    for measure in (registration.question.primary, *(rail.measure for rail in registration.question.guardrails)):
        measure_named(measure)
    hashes = [registration.baseline_hash, *(prompt_hash for _, prompt_hash, _ in registration.challengers)]
    if len(hashes) < 2 or len(set(hashes)) < len(hashes):
        message = "an experiment needs a champion and one challenger or more, all of them different versions"
        raise InvalidInput(message)
    if any(not 0 < share <= 10_000 for _, _, share in registration.challengers):
        message = "a challenger's share is 1 to 10000 basis points of the messages"
        raise InvalidInput(message)


async def begin(connection: AsyncConnection[Any], experiment: Experiment, actor: str) -> None:
    """Freeze the question and start sampling. Raises Conflict unless it is a draft."""
    params = {"tenant_id": experiment.tenant_id, "id": experiment.id}
    if await (await connection.execute(_QUERIES["freeze_experiment"], params)).fetchone() is None:
        message = f"experiment {experiment.name} is {experiment.state}; only a draft can begin"
        raise Conflict(message)
    await record(connection, experiment, "frozen", actor)


async def get_experiment(connection: AsyncConnection[Any], tenant_id: UUID, experiment_id: UUID) -> Experiment:
    """An experiment by id. Raises NotFound."""
    found = await _find(connection, {"tenant_id": tenant_id, "id": experiment_id, "state": None})
    if not found:
        raise NotFound
    return found[0]


async def list_experiments(
    connection: AsyncConnection[Any], tenant_id: UUID | None, *, state: State | None = None
) -> list[Experiment]:
    """Experiments of a tenant (of all when None), newest first."""
    return await _find(connection, {"tenant_id": tenant_id, "id": None, "state": state})


async def _find(connection: AsyncConnection[Any], params: dict[str, Any]) -> list[Experiment]:
    async with connection.cursor(row_factory=class_row(Experiment)) as cursor:
        await cursor.execute(_QUERIES["experiments"], params)
        return await cursor.fetchall()


async def arms_of(connection: AsyncConnection[Any], experiment: Experiment) -> list[ShadowArm]:
    """The baseline, then the challengers."""
    async with connection.cursor(row_factory=class_row(ShadowArm)) as cursor:
        await cursor.execute(_QUERIES["arms"], {"tenant_id": experiment.tenant_id, "experiment_id": experiment.id})
        return await cursor.fetchall()


async def events_of(connection: AsyncConnection[Any], experiment: Experiment) -> list[Event]:
    """Decisions so far, oldest first."""
    async with connection.cursor(row_factory=class_row(Event)) as cursor:
        await cursor.execute(_QUERIES["events"], {"tenant_id": experiment.tenant_id, "experiment_id": experiment.id})
        return await cursor.fetchall()


async def stop_arm(connection: AsyncConnection[Any], experiment: Experiment, arm: ShadowArm, reason: str) -> bool:
    """Let an arm get no further messages and take its waiting calls back; False when it was stopped before."""
    key = {"tenant_id": experiment.tenant_id, "experiment_id": experiment.id}
    stopped = await (
        await connection.execute(_QUERIES["stop_arm"], {**key, "arm": arm.arm, "reason": reason})
    ).fetchone()
    await connection.execute(
        _QUERIES["drop_shadow_tasks"],
        {"experiment_id": experiment.id, "prompt_hash": arm.prompt_hash, "tenant_ids": experiment.tenant_ids},
    )
    return stopped is not None


async def set_state(connection: AsyncConnection[Any], experiment: Experiment, state: State) -> None:
    """Move the experiment on."""
    params = {"tenant_id": experiment.tenant_id, "id": experiment.id, "state": state}
    await connection.execute(_QUERIES["set_state"], params)


async def record(
    connection: AsyncConnection[Any],
    experiment: Experiment,
    kind: str,
    actor: str,
    *,
    arm: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Note a decision with its numbers."""
    params = {
        "tenant_id": experiment.tenant_id,
        "id": new_id(),
        "experiment_id": experiment.id,
        "arm": arm,
        "kind": kind,
        "actor": actor,
        "detail": orjson.dumps(detail or {}).decode(),
    }
    await connection.execute(_QUERIES["record_event"], params)
