"""Asking a model now, to look at its answer: nothing is stored, and no official score is touched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from evosense.ai.fleet import Fleet
from evosense.ai.lane import KeptBack, Lane
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import CallFailure, ScoringAnswer, ScoringRequest, Turn
from evosense.db.named_queries import load
from evosense.errors import NotFound, UpstreamTransient
from evosense.prompts.default import DEFAULT_PROMPT
from evosense.prompts.models import PromptText
from evosense.prompts.registry import champions, read_versions
from evosense.prompts.render import render
from evosense.redaction.redact import mask
from evosense.scoring.answers import again_with, instructions_of
from evosense.scoring.contract import Verdict, validate
from evosense.scoring.inputs import CONTEXT_MESSAGES

_QUERIES = load("evosense.scoring", "analyze.sql")
_NO_SECONDS = 0.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: a stored message (with its id) or a text that somebody typed."""

    text: str
    message_id: UUID | None = None
    context: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """A validated answer, or why there is none (`verdict` None: `error_class` tells what happened to the call)."""

    message_id: UUID | None
    verdict: Verdict | None
    error_class: str | None
    prompt_hash: str
    config: ModelConfig
    latency_ms: float
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float = 0.0
    reasked: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask, where and how."""

    tenant_id: UUID
    subjects: tuple[Subject, ...]
    lane: Lane
    prompt: PromptText


def typed(text: str) -> Subject:
    """A text that somebody typed, with personal data masked: it goes to a model."""
    return Subject(mask(text))


async def plan(
    connection: AsyncConnection[Any],
    fleet: Fleet,
    tenant_id: UUID,
    subjects: Sequence[Subject],
    *,
    message_ids: Sequence[UUID] = (),
    prompt: PromptText | None = None,
) -> Plan:
    """Read what is asked for, in a transaction of the tenant; `prompt` None means its champion.

    Raises:
        NotFound: a message is not there, or has no text.
        UpstreamTransient: every backend of the tenant is away.
    """
    stored = await _read(connection, tenant_id, message_ids)
    lane = await _choose(await fleet.read_chain(connection, tenant_id))
    return Plan(tenant_id, (*subjects, *stored), lane, prompt or await _champion(connection, tenant_id))


async def _read(connection: AsyncConnection[Any], tenant_id: UUID, message_ids: Sequence[UUID]) -> list[Subject]:
    if not message_ids:
        return []
    params = {"tenant_id": tenant_id, "message_ids": list(message_ids), "context_limit": CONTEXT_MESSAGES}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["texts"], params)
        rows = {row["message_id"]: row for row in await cursor.fetchall()}
    if set(message_ids) - set(rows):
        raise NotFound("one of these messages is not there, or has no text")
    return [
        Subject(rows[one]["text"], one, tuple(Turn(turn["direction"], turn["text"]) for turn in rows[one]["turns"]))
        for one in message_ids
    ]


async def _choose(chain: Sequence[Lane]) -> Lane:
    await asyncio.gather(*(lane.identify() for lane in chain))
    for lane in chain:
        if lane.wait_seconds() == _NO_SECONDS:
            return lane
    seconds = round(min(lane.wait_seconds() for lane in chain)) or 1
    raise UpstreamTransient(f"no AI backend of yours answers now; try again in {seconds} s")


async def _champion(connection: AsyncConnection[Any], tenant_id: UUID) -> PromptText:
    found = (await champions(connection, [tenant_id])).get(tenant_id)
    versions = await read_versions(connection, [(tenant_id, found)]) if found else {}
    # Before the first drain run nothing is registered: the built-in prompt will be champion.
    return next(iter(versions.values()), DEFAULT_PROMPT)


async def analyze(planned: Plan) -> list[Analysis]:
    """Ask for each subject, in order; holds no connection meanwhile."""
    return await asyncio.gather(*(_analyze(planned, subject) for subject in planned.subjects))


async def _analyze(planned: Plan, subject: Subject) -> Analysis:
    lane, prompt = planned.lane, planned.prompt
    request = ScoringRequest(
        text=subject.text,
        context=subject.context,
        tenant_id=str(planned.tenant_id),
        prompt_hash=prompt.prompt_hash,
        prompt=render(prompt, subject.text, subject.context) if lane.scorer.reads_prompt else (),
        output_schema=prompt.output_schema if lane.scorer.reads_prompt else None,
    )
    first = await _ask(planned, subject, request)
    if not lane.is_remote or first.verdict is None or first.verdict.status != "invalid":
        return first
    second = await _ask(planned, subject, again_with(request, first.verdict.reason or "invalid"), reasked=True)
    return second if second.verdict is not None else first


async def _ask(planned: Plan, subject: Subject, request: ScoringRequest, *, reasked: bool = False) -> Analysis:
    lane, prompt_hash = planned.lane, planned.prompt.prompt_hash
    result: ScoringAnswer | CallFailure | KeptBack
    if lane.is_remote:
        result = await lane.ask(request, priority=0)
    else:
        result = (await lane.scorer.score([request]))[0]
    if isinstance(result, KeptBack):
        result = CallFailure("backend_away")
    if isinstance(result, CallFailure):
        return Analysis(subject.message_id, None, result.error_class, prompt_hash, lane.config, result.latency_ms)
    verdict = validate(
        result,
        message_text=subject.text,
        context="\n".join(turn.text for turn in subject.context),
        instructions=instructions_of(prompt_hash, planned.prompt) if request.prompt else frozenset(),
    )
    return Analysis(
        subject.message_id,
        verdict,
        None,
        prompt_hash,
        lane.config,
        result.latency_ms,
        result.tokens_in,
        result.tokens_out,
        result.cost_usd,
        reasked,
    )
