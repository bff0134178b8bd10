"""A report about a shadow: what a challenger that is ready is promoted on, over exactly the messages it was shown.

The card is that of any comparison; one gate more says what the confidence sequence says. It is what makes the report
honest although it was written at the very moment when the numbers looked good.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.named_queries import load
from evosense.errors import Conflict, InvalidInput
from evosense.experiments.card import Card, Gate
from evosense.experiments.datasets import Dataset, Item, store_dataset
from evosense.experiments.gates import outcome_of
from evosense.experiments.models import Outcome
from evosense.experiments.monitor_models import Decision, Reading, Watched
from evosense.experiments.registry import Experiment, ShadowArm, arms_of
from evosense.experiments.reports import compare_arms, store_report
from evosense.experiments.shadow import sample_params

_QUERIES = load("evosense.experiments", "shadow.sql")
_OUTCOMES: dict[Decision, Outcome] = {"promote_ready": "pass", "harm_stop": "fail"}


async def report_shadow(
    connection: AsyncConnection[Any], experiment: Experiment, arm: ShadowArm, reading: Reading, *, created_by: str
) -> str:
    """Compare a challenger with the champion on its sample and keep the report; answers its hash.

    Runs in the caller's transaction.

    Args:
        connection: in role evosense_pipeline.
        experiment: one that has begun.
        arm: the challenger.
        reading: what the monitor sees of it now.
        created_by: who, for the record.

    Raises:
        Conflict: the experiment has not begun.
        InvalidInput: nothing was sampled yet, or too few chats.
    """
    baseline, *_ = await arms_of(connection, experiment)
    dataset = await _sampled(connection, experiment, baseline, arm)
    card = await compare_arms(
        connection,
        dataset.dataset_hash,
        replace(baseline.as_arm, label=f"{experiment.prompt_name}@champion"),
        arm.as_arm,
        question=experiment.question,
        tenant_ids=experiment.tenant_ids,
    )
    return await store_report(
        connection,
        watched(card, reading),
        tenant_id=experiment.tenant_id,
        created_by=created_by,
        experiment_id=experiment.id,
    )


def watched(card: Card, reading: Reading) -> Card:
    """The card with the monitor's decision as a gate of its own; passes only when the sequence says ready too."""
    limits = "" if reading.primary is None else _limits(reading.primary)
    outcome = _OUTCOMES.get(reading.decision, "undecided")
    gate = Gate("anytime-valid: promote-ready", outcome, f"{reading.reason}{limits}")
    gates = (*card.gates, gate)
    return replace(card, gates=gates, outcome=outcome_of(gates))


def _limits(primary: Watched) -> str:
    sequence = primary.sequence
    return f"; {sequence.low:+.4g} to {sequence.high:+.4g} after {sequence.t} chat days, better is above 0"


async def _sampled(
    connection: AsyncConnection[Any], experiment: Experiment, baseline: ShadowArm, arm: ShadowArm
) -> Dataset:
    if experiment.frozen_at is None:
        message = f"experiment {experiment.name} has not begun, so there is nothing to report"
        raise Conflict(message)
    async with connection.cursor(row_factory=class_row(Item)) as cursor:
        params = sample_params(experiment, baseline, arm, experiment.frozen_at)
        await cursor.execute(_QUERIES["sample_items"], params)
        # An edited message was answered twice; the first answer is the one that was sampled.
        items = {item.message_id: item for item in reversed(await cursor.fetchall())}
    if not items:
        message = f"nothing was sampled for {arm.arm} yet"
        raise InvalidInput(message)
    definition = {
        "experiment_id": experiment.key,
        "arm": arm.arm,
        "share_bp": arm.share_bp,
        "until": datetime.now(UTC).date().isoformat(),
    }
    return await store_dataset(
        connection,
        list(items.values()),
        scope=experiment.tenant_id,
        kind="shadow",
        definition=definition,
        weight=10_000 / arm.share_bp,
    )
