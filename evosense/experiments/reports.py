"""Reports: a card frozen under the hash of its canonical JSON, the same for the same data and code."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import polars as pl
import rfc8785
from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import EVERYONE
from evosense.db.named_queries import load
from evosense.errors import Conflict, NotFound
from evosense.experiments.card import Card
from evosense.experiments.compare import compare_frame
from evosense.experiments.datasets import measure_recontact
from evosense.experiments.family import as_a_family
from evosense.experiments.frame import outcome_rows, paired_rows
from evosense.experiments.models import Arm, Guardrail, Outcome, Question
from evosense.experiments.run_models import Run

_QUERIES = load("evosense.experiments", "reports.sql")
REPORT_HASH_SCHEME = "r1:"


@dataclass(frozen=True, slots=True)
class Report:
    """A stored comparison. `card` holds the canonical bytes; `content` is the same as JSON values."""

    tenant_id: UUID
    report_hash: str
    experiment_id: UUID | None
    run_id: UUID | None
    dataset_hash: str
    baseline_hash: str
    candidate_hash: str
    config_hash: str
    outcome: Outcome
    verdict: str
    card: bytes
    code_version: str
    created_by: str
    created_at: datetime

    @property
    def content(self) -> dict[str, Any]:
        """The card as JSON values."""
        return orjson.loads(self.card)


@dataclass(frozen=True, slots=True)
class Regression:
    """One message side by side; text is read now, so what was erased meanwhile is gone here too."""

    message_id: UUID
    tenant_id: UUID
    chat_id: UUID
    text: str | None
    sentiment_a: float
    sentiment_b: float
    emotion_a: str
    emotion_b: str
    summary_a: str | None
    summary_b: str | None
    delta: float


def canonical(card: Card) -> bytes:
    """RFC 8785 bytes of a card with the version of the code that made it."""
    return rfc8785.dumps({**card.as_json(), "code_version": code_version()})


def report_hash(card: Card) -> str:
    """`r1:` and the SHA-256 of `canonical` in hex."""
    return REPORT_HASH_SCHEME + hashlib.sha256(canonical(card)).hexdigest()


def code_version() -> str:
    """The version of this package."""
    return importlib.metadata.version("evosense")


async def compare_arms(
    connection: AsyncConnection[Any],
    dataset_hash: str,
    baseline: Arm,
    candidate: Arm,
    *,
    question: Question | None = None,
    tenant_ids: Sequence[UUID] | None = None,
) -> Card:
    """Measure what happened afterwards, read both arms' answers and compare them; connection: evosense_pipeline.

    Raises:
        InvalidInput: too few chats.
    """
    frame = await paired_rows(connection, dataset_hash, baseline, candidate, tenant_ids)
    frame = frame.with_columns(prompt_language=pl.lit(await _languages(connection, baseline, candidate)))
    await measure_recontact(connection, dataset_hash, tenant_ids)
    outcomes = await outcome_rows(connection, dataset_hash, tenant_ids)
    return compare_frame(
        frame,
        baseline=baseline,
        candidate=candidate,
        question=question,
        dataset_hash=dataset_hash,
        outcomes=outcomes if len(outcomes) else None,
    )


async def _languages(connection: AsyncConnection[Any], baseline: Arm, candidate: Arm) -> str:
    """What both prompts are written in, as their `language` variables say: `pt-BR`, or `pt-BR to en`."""
    params = {"prompt_hashes": [baseline.prompt_hash, candidate.prompt_hash]}
    found = dict(await (await connection.execute(_QUERIES["languages"], params)).fetchall())
    one, other = (found.get(arm.prompt_hash) or "?" for arm in (baseline, candidate))
    return one if one == other else f"{one} to {other}"


async def store_report(
    connection: AsyncConnection[Any],
    card: Card,
    *,
    tenant_id: UUID = EVERYONE,
    created_by: str,
    run_id: UUID | None = None,
    experiment_id: UUID | None = None,
) -> str:
    """Keep a card; answers its hash. Storing the same one again changes nothing."""
    named = report_hash(card)
    params = {
        "tenant_id": tenant_id,
        "report_hash": named,
        "experiment_id": experiment_id,
        "run_id": run_id,
        "dataset_hash": card.dataset_hash,
        "baseline_hash": card.baseline.prompt_hash,
        "candidate_hash": card.candidate.prompt_hash,
        "config_hash": card.candidate.config_hash,
        "outcome": card.outcome,
        "verdict": card.verdict,
        "card": canonical(card),
        "code_version": code_version(),
        "created_by": created_by,
    }
    await connection.execute(_QUERIES["store_comparison"], params)
    return named


async def report_run(connection: AsyncConnection[Any], run: Run) -> list[str]:
    """Compare every candidate of a run with its baseline, as one family; answers the reports' hashes in their order.

    Raises:
        Conflict: the run was not planned yet.
        InvalidInput: too few chats.
    """
    if run.dataset_hash is None:
        message = "this run was not planned yet"
        raise Conflict(message)
    question = await question_of(connection, run.tenant_id, run.experiment_id)
    baseline, *candidates = run.resolved
    cards = [
        await compare_arms(
            connection, run.dataset_hash, baseline, candidate, question=question, tenant_ids=run.tenant_ids
        )
        for candidate in candidates
    ]
    return [
        await store_report(
            connection,
            card,
            tenant_id=run.tenant_id,
            created_by=run.requested_by,
            run_id=run.id,
            experiment_id=run.experiment_id,
        )
        for card in as_a_family(cards)
    ]


async def question_of(connection: AsyncConnection[Any], tenant_id: UUID, experiment_id: UUID | None) -> Question:
    """The registered question, or the default one without an experiment. Raises NotFound."""
    if experiment_id is None:
        return Question()
    params = {"tenant_id": tenant_id, "id": experiment_id}
    row = await (await connection.execute(_QUERIES["get_experiment_question"], params)).fetchone()
    if row is None:
        raise NotFound
    rails = tuple(Guardrail(r["measure"], float(r["margin"]), bool(r.get("is_relative"))) for r in row[4])
    return Question(primary=row[0], goal=row[1], margin=float(row[2]), alpha=float(row[3]), guardrails=rails)


async def get_report(connection: AsyncConnection[Any], tenant_id: UUID, named: str) -> Report:
    """A report by its hash. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(Report)) as cursor:
        params = {"tenant_id": tenant_id, "report_hash": named, "before": None, "limit": 1}
        await cursor.execute(_QUERIES["comparisons"], params)
        report = await cursor.fetchone()
    if report is None:
        raise NotFound
    return report


async def list_reports(
    connection: AsyncConnection[Any], tenant_id: UUID = EVERYONE, *, before: str | None = None, limit: int = 50
) -> list[Report]:
    """Reports of a tenant (or those over several), newest first; `before`: the last one of the page before."""
    async with connection.cursor(row_factory=class_row(Report)) as cursor:
        params = {"tenant_id": tenant_id, "report_hash": None, "before": before, "limit": limit}
        await cursor.execute(_QUERIES["comparisons"], params)
        return await cursor.fetchall()


async def regressions_of(
    connection: AsyncConnection[Any], report: Report, *, tenant_ids: Sequence[UUID] | None = None, limit: int = 20
) -> list[Regression]:
    """`regressions` of a stored report."""
    baseline = Arm("baseline", report.baseline_hash, report.config_hash)
    candidate = Arm("candidate", report.candidate_hash, report.config_hash)
    return await regressions(connection, report.dataset_hash, baseline, candidate, tenant_ids=tenant_ids, limit=limit)


async def regressions(
    connection: AsyncConnection[Any],
    dataset_hash: str,
    baseline: Arm,
    candidate: Arm,
    *,
    tenant_ids: Sequence[UUID] | None = None,
    limit: int = 20,
) -> list[Regression]:
    """Messages side by side, those first where the candidate's sentiment fell most below the baseline's."""
    params = {
        "dataset_hash": dataset_hash,
        "baseline_hash": baseline.prompt_hash,
        "candidate_hash": candidate.prompt_hash,
        "config_hash": candidate.config_hash,
        "tenant_ids": None if tenant_ids is None else list(tenant_ids),
        "limit": limit,
    }
    async with connection.cursor(row_factory=class_row(Regression)) as cursor:
        await cursor.execute(_QUERIES["regressions"], params)
        return await cursor.fetchall()
