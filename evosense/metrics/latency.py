"""How quickly, how well and at what cost the models answer: by purpose, prompt and model, over any days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.days import as_it_is, by_day, closed_rows, live_rows
from evosense.metrics.figures import sum_inferences
from evosense.metrics.intervals import Interval, wilson
from evosense.metrics.models import InferenceFigures, ratio
from evosense.metrics.sketch import Sketch
from evosense.metrics.stitch import Row, Seam

_CLOSED = load("evosense.metrics", "cells.sql")
_LIVE = load("evosense.metrics", "live_answers.sql")
# Shadows, replays and calls without an answer leave no mark; the daily build takes them up within two days.
_UNMARKED = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Answers:
    """What models did for one purpose. `unanswered` calls are counted under the purpose `any`, whatever they were for.

    `error_rate` is the share of calls without an answer, `invalid_rate` that of answers that were no valid ones.
    """

    purpose: str
    inferences: int
    repaired: int
    invalid: int
    truncated: int
    refused: int
    unanswered: int
    latency_p50_ms: int | None
    latency_p95_ms: int | None
    latency_p99_ms: int | None
    latency_mean_ms: float | None
    invalid_rate: Interval | None
    tokens_in: int
    tokens_out: int
    cost_micros: int
    prompt_hashes: tuple[str, ...]
    config_hashes: tuple[str, ...]


async def answer_rows(connection: AsyncConnection[Any], seam: Seam) -> list[Row]:
    """One row per day of the period, purpose, prompt and model."""
    unmarked = (seam.today - _UNMARKED, seam.today - _UNMARKED / 2)
    open_days = [day for day in seam.days if day in unmarked or day in seam.open_days]
    closed = [day for day in seam.closed_days if day not in unmarked]
    found = await closed_rows(connection, seam, _CLOSED["closed_inferences"], closed, as_it_is)
    over = [day for day in open_days if day < seam.writing_since and day not in seam.frozen_days]
    moving = [day for day in open_days if day not in set(over)]
    found += await _over(connection, seam, over)
    return found + await live_rows(connection, seam, _LIVE["live_daily_inferences"], moving)


async def _over(connection: AsyncConnection[Any], seam: Seam, days: Sequence[date]) -> list[Row]:
    """The same of days to which no answer comes any more: what is taken away from them (erasure) leaves a mark."""

    async def find(missing: Sequence[date]) -> dict[date, list[Row]]:
        return by_day(await live_rows(connection, seam, _LIVE["live_daily_inferences"], missing), as_it_is)

    if seam.memory is None:
        return [row for rows in (await find(days)).values() for row in rows]
    state = (seam.version.of_marts, seam.version.timezone, seam.changes.moves)
    versions = {day: (*state, seam.changes.of_day(day)) for day in days}
    return await seam.memory.parts((seam.tenant_id, "answers"), versions, find)


def answered_of(found: Iterable[Row]) -> InferenceFigures:
    """The figures of all of these rows; percentiles are of their sketches."""
    known = list(found)
    sketch = Sketch.merged(known)
    parts = (
        InferenceFigures(
            inferences=row["inferences"],
            inferences_failed=row["invalid"] + row["truncated"] + row["refused"],
            latency_sum_ms=int(row["latency_sum_ms"]),
            cost_micros=int(row["cost_micros"]),
        )
        for row in known
    )
    return sum_inferences(parts, latency_p50_ms=sketch.quantile(0.5), latency_p95_ms=sketch.quantile(0.95))


async def answers(connection: AsyncConnection[Any], seam: Seam) -> list[Answers]:
    """What models did in the period, by purpose."""
    return _by_purpose(await answer_rows(connection, seam))


async def daily_answers(connection: AsyncConnection[Any], seam: Seam) -> dict[date, list[Answers]]:
    """The same for each day on which a model was asked."""
    found = sorted(await answer_rows(connection, seam), key=lambda row: row["local_day"])
    return {day: _by_purpose(rows) for day, rows in groupby(found, key=lambda row: row["local_day"])}


def _by_purpose(found: Iterable[Row]) -> list[Answers]:
    known = sorted(found, key=lambda row: row["purpose"])
    return [_together(purpose, list(rows)) for purpose, rows in groupby(known, key=lambda row: row["purpose"])]


def _together(purpose: str, found: list[Row]) -> Answers:
    names = ("inferences", "repaired", "invalid", "truncated", "refused", "unanswered", "tokens_in", "tokens_out")
    sums = {name: sum(int(row[name]) for row in found) for name in (*names, "cost_micros")}
    failed = sums["invalid"] + sums["truncated"] + sums["refused"]
    mean = ratio(sum(int(row["latency_sum_ms"]) for row in found), sums["inferences"])
    sketch = Sketch.merged(found)
    return Answers(
        purpose=purpose,
        **sums,
        latency_p50_ms=sketch.quantile(0.5),
        latency_p95_ms=sketch.quantile(0.95),
        latency_p99_ms=sketch.quantile(0.99),
        latency_mean_ms=None if mean is None else float(mean),
        invalid_rate=wilson(failed, failed + sums["inferences"]),
        prompt_hashes=tuple(sorted({row["prompt_hash"] for row in found})),
        config_hashes=tuple(sorted({row["config_hash"] for row in found})),
    )
