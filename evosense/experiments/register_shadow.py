"""A shadow as a company asks for it: versions by their names, today's champion and model, a plan that is big enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.ids import EVERYONE
from evosense.errors import Conflict, InvalidInput
from evosense.experiments.models import Question
from evosense.experiments.registry import (
    DEFAULT_SHARE_BP,
    Experiment,
    Registration,
    begin,
    create,
    get_experiment,
    record,
    set_state,
)
from evosense.experiments.runs import current_model
from evosense.experiments.statistics import sample_size
from evosense.prompts.channels import resolve
from evosense.prompts.models import CHAMPION

# The typical spread of paired sentiment differences (docs/experiments.md).
_SPREAD = 0.3


@dataclass(frozen=True, slots=True)
class ShadowRequest:
    """What somebody wants to watch.

    Attributes:
        name: the experiment's, unique in the company.
        hypothesis: what is expected, in a sentence.
        challengers: `v7`, a channel or the beginning of a hash, each with its share in basis points.
        created_by: who.
        question: primary measure, goal, margin, guardrails.
        prompt_name: whose champion is challenged.
        planned_chats: chat days; None computes those that show the margin with 80 % chance.
        aa_share_bp: basis points of messages that the champion answers twice.
    """

    name: str
    hypothesis: str
    challengers: Sequence[tuple[str, int]]
    created_by: str
    question: Question = field(default_factory=Question)
    prompt_name: str = "sentiment"
    planned_chats: int | None = None
    aa_share_bp: int = 100


def challengers_of(references: Sequence[str], share_bp: int = DEFAULT_SHARE_BP) -> list[tuple[str, int]]:
    """Challengers with one share for all."""
    return [(reference, share_bp) for reference in references]


async def register_shadow(connection: AsyncConnection[Any], tenant_id: UUID, request: ShadowRequest) -> Experiment:
    """Write a shadow down as a draft: it samples nothing until it begins.

    Raises:
        InvalidInput: no model yet, an unknown measure, a share out of range, a prompt twice.
        NotFound: an unknown prompt.
        Conflict: the name is taken.
    """
    config_hash = await current_model(connection, None if tenant_id == EVERYONE else [tenant_id])
    if config_hash is None:
        message = "no message was scored yet, so there is no champion to shadow; let the drain score some first"
        raise InvalidInput(message)
    champion = await resolve(connection, tenant_id, request.prompt_name, CHAMPION)
    challengers = [
        (reference, await resolve(connection, tenant_id, request.prompt_name, reference), share)
        for reference, share in request.challengers
    ]
    registration = Registration(
        name=request.name,
        hypothesis=request.hypothesis,
        baseline_hash=champion,
        config_hash=config_hash,
        challengers=challengers,
        planned_chats=request.planned_chats or sample_size(request.question.margin, _SPREAD).chats,
        created_by=request.created_by,
        question=request.question,
        prompt_name=request.prompt_name,
        aa_share_bp=request.aa_share_bp,
    )
    return await get_experiment(connection, tenant_id, await create(connection, tenant_id, registration))


async def begin_shadow(connection: AsyncConnection[Any], tenant_id: UUID, experiment_id: UUID, by: str) -> Experiment:
    """Freeze the question and sample from now on. Raises NotFound; Conflict unless it is a draft."""
    await begin(connection, await get_experiment(connection, tenant_id, experiment_id), by)
    return await get_experiment(connection, tenant_id, experiment_id)


async def stop_shadow(connection: AsyncConnection[Any], tenant_id: UUID, experiment_id: UUID, by: str) -> Experiment:
    """End a shadow by hand; its waiting calls are taken back by the next look of the monitor.

    Raises:
        NotFound: no such experiment.
        Conflict: it is over already.
    """
    experiment = await get_experiment(connection, tenant_id, experiment_id)
    if experiment.state not in ("draft", "running", "ready"):
        message = f"experiment {experiment.name} is {experiment.state} already"
        raise Conflict(message)
    await set_state(connection, experiment, "stopped")
    await record(connection, experiment, "stopped", by)
    return await get_experiment(connection, tenant_id, experiment_id)
