"""Watching a shadow: harm-stop, futility and promote-ready, decided by confidence sequences that may be read any time.

The unit is a chat's day: its mean difference enters the sequence once the day's last message is older than
`QUIET`, in the order of those last messages. A message that arrives in a closed unit later changes that unit's mean a
little; the sequence's guarantee is for units as they stood when they were first read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from psycopg import AsyncConnection

from evosense.db.database import AsyncPool
from evosense.errors import InvalidInput
from evosense.experiments.measures import Measure, measure_named, rows_for
from evosense.experiments.models import Guardrail, Question
from evosense.experiments.monitor_models import Decision, Reading, Watched
from evosense.experiments.readings import as_json, champion_drift, store_reading, sweep_stopped
from evosense.experiments.registry import (
    Experiment,
    ShadowArm,
    arms_of,
    events_of,
    list_experiments,
    record,
    set_state,
    stop_arm,
)
from evosense.experiments.shadow import drops_by_hour, plan, sample_ratio, sample_rows
from evosense.experiments.shadow_report import report_shadow
from evosense.experiments.statistics import confidence_sequence
from evosense.log import get_logger
from evosense.prompts.channels import list_channels
from evosense.prompts.models import CHAMPION

_log = get_logger(__name__)
QUIET = timedelta(hours=1)
_ACTOR = "monitor"


def read(rows: pl.DataFrame, arm: str, question: Question, planned: int, *, now: datetime | None = None) -> Reading:
    """Decide on an arm from its sampled rows; pure.

    Harm: the primary's whole interval lies below -margin, or a guardrail's whole interval beyond its margin.
    Ready: the primary's interval lies above 0 (goal better) or above -margin (not worse, same), and every
    guardrail's above its -margin. Futile: the primary's interval lies within +-margin although better was wanted.
    """
    closed = _closed(rows, now or datetime.now(UTC))
    primary = _watch(closed, Guardrail(question.primary, question.margin), planned, question.alpha)
    rails = tuple(
        watched
        for rail in question.guardrails
        if (watched := _watch(closed, rail, planned, question.alpha)) is not None
    )
    units = primary.sequence.t if primary else 0
    decision, reason = _decide(primary, rails, question)
    return Reading(arm, units, units / planned, primary, rails, decision, reason)


def _closed(rows: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Rows of chat days whose last message is older than QUIET, with that moment as `closed_at`."""
    if rows.is_empty():
        return rows.with_columns(closed_at=pl.col("sent_at"))
    ended = rows.with_columns(closed_at=pl.col("sent_at").max().over("chat", "local_day"))
    return ended.filter(pl.col("closed_at") <= now - QUIET)


def _watch(closed: pl.DataFrame, rail: Guardrail, planned: int, alpha: float) -> Watched | None:
    measure = measure_named(rail.measure)
    if measure.base == "labelled" or closed.is_empty():
        return None
    units = _units(closed, measure)
    if units.is_empty():
        return None
    margin = rail.margin
    if rail.is_relative:
        base = closed.select(measure.of("a").mean().abs()).item()
        margin = max(rail.margin * float(base or 0), 1e-9)
    values = units["gain"].to_numpy()
    return Watched(rail.measure, confidence_sequence(values, t_star=max(planned, 1), alpha=alpha), margin)


def _units(closed: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    """Mean gain of each chat day, in the order of closing."""
    sign = 1.0 if measure.higher_is_better else -1.0
    defined = rows_for(closed, measure)
    return (
        closed.with_columns(gain=sign * (measure.of("b") - measure.of("a")))
        .filter(defined)
        .group_by("chat", "local_day")
        .agg(pl.col("gain").mean(), pl.col("closed_at").first())
        .sort("closed_at", "chat")
    )


def _decide(primary: Watched | None, rails: Sequence[Watched], question: Question) -> tuple[Decision, str]:
    if primary is None:
        return "go_on", "nothing has been answered by both yet"
    for watched in (primary, *rails):
        if watched.sequence.high < -watched.margin:
            return "harm_stop", f"{watched.measure} is worse by more than {watched.margin:.4g}"
    low, high, margin = primary.sequence.low, primary.sequence.high, question.margin
    is_safe = all(watched.sequence.low > -watched.margin for watched in rails)
    is_good = {"better": low > 0, "not_worse": low > -margin, "same": low > -margin and high < margin}[question.goal]
    if is_good and is_safe:
        return "promote_ready", f"{primary.measure} is {question.goal.replace('_', ' ')} and every guardrail holds"
    if question.goal == "better" and low > -margin and high < margin:
        return "futility", f"{primary.measure} moves by less than {margin:g}, whichever way"
    return "go_on", f"{primary.sequence.t} chat days so far"


async def tick(pool: AsyncPool, *, now: datetime | None = None) -> list[tuple[Experiment, Reading]]:
    """Sample and judge every running experiment; what a sensor calls every few seconds.

    A harmful or futile arm is stopped and its waiting calls taken back; a ready one is announced once and goes on
    until somebody promotes it. Answers what was seen of each arm that still runs.
    """
    seen: list[tuple[Experiment, Reading]] = []
    async with pool.connection() as connection:
        await sweep_stopped(connection)
        running = await list_experiments(connection, None, state="running")
        running += await list_experiments(connection, None, state="ready")
    for experiment in running:
        async with pool.connection() as connection, connection.transaction():
            if await _end_when_outdated(connection, experiment):
                continue
            await plan(connection, experiment)
            seen += [(experiment, reading) for reading in await judge(connection, experiment, now=now)]
    return seen


async def _end_when_outdated(connection: AsyncConnection[Any], experiment: Experiment) -> bool:
    """Stop an experiment whose champion is champion no more: there is nothing left to challenge."""
    baseline, *_ = await arms_of(connection, experiment)
    channels = await list_channels(connection, experiment.tenant_id, experiment.prompt_name)
    champion = next((one.prompt_hash for one in channels if one.channel == CHAMPION), None)
    if champion in (None, baseline.prompt_hash):
        return False
    await set_state(connection, experiment, "stopped")
    reason = "another version is champion now: register a new experiment against it"
    await record(connection, experiment, "stopped", _ACTOR, detail={"reason": reason})
    return True


async def judge(
    connection: AsyncConnection[Any], experiment: Experiment, *, now: datetime | None = None
) -> list[Reading]:
    """Read every arm that still runs and act on what is seen, in the caller's transaction."""
    baseline, *challengers = await arms_of(connection, experiment)
    going = [arm for arm in challengers if arm.stopped_at is None]
    readings: list[Reading] = []
    for arm in going:
        rows = await sample_rows(connection, experiment, baseline, arm)
        reading = read(rows, arm.arm, experiment.question, experiment.planned_chats, now=now)
        readings.append(reading)
        ratio = await sample_ratio(connection, experiment, baseline, arm, rows)
        seen = as_json(reading, drops_by_hour(rows), None if ratio is None else ratio.p, champion_drift(rows))
        await store_reading(connection, experiment, arm.arm, seen)
        await _act(connection, experiment, arm, reading)
    left = [r for r in readings if r.decision not in ("harm_stop", "futility")]
    if readings and not left:
        ended = "harm_stopped" if any(r.decision == "harm_stop" for r in readings) else "futile"
        await set_state(connection, experiment, ended)
    return readings


async def _act(connection: AsyncConnection[Any], experiment: Experiment, arm: ShadowArm, reading: Reading) -> None:
    if reading.decision == "go_on":
        return
    detail = reading.detail()
    if reading.decision == "promote_ready":
        if await _was_announced(connection, experiment, arm):
            return
        await set_state(connection, experiment, "ready")
        detail |= await _evidence(connection, experiment, arm, reading)
    elif not await stop_arm(connection, experiment, arm, reading.reason):
        return
    await record(connection, experiment, reading.decision, _ACTOR, arm=arm.arm, detail=detail)
    _log.info("experiment_decided", experiment_id=experiment.key, arm=arm.arm, decision=reading.decision)


async def _was_announced(connection: AsyncConnection[Any], experiment: Experiment, arm: ShadowArm) -> bool:
    events = await events_of(connection, experiment)
    return any(event.kind == "promote_ready" and event.arm == arm.arm for event in events)


async def _evidence(
    connection: AsyncConnection[Any], experiment: Experiment, arm: ShadowArm, reading: Reading
) -> dict[str, str]:
    """The report that the arm may be promoted on, for the event; a reason where none can be written."""
    try:
        return {"report_hash": await report_shadow(connection, experiment, arm, reading, created_by=_ACTOR)}
    except InvalidInput as error:
        return {"no_report": error.detail}
