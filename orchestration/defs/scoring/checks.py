"""What must hold of the scores of late: nearly all there, few unusable answers, quick."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import dagster as dg
from psycopg import AsyncConnection

from evosense.db.database import connect
from evosense.scoring.days import AnswerQuality, DayCoverage, coverage, oldest_due_seconds, quality_of_answers
from evosense.settings import DatabaseSettings, load
from orchestration.defs.scoring.assets import message_scores

_T = TypeVar("_T")
_DAYS = 7
_HOURS = 24
_LEAST_COVERAGE = 0.98
_MOST_UNUSABLE = 0.02
_MOST_P95_MS = 30_000.0
_MOST_WAIT_SECONDS = 300.0


@dg.asset_check(asset=message_scores, description="Eligible messages of the last week have a score or a reason why not")
def coverage_of_scores() -> dg.AssetCheckResult:
    """At least 98 % settled over the last seven days."""
    today = datetime.now(UTC).date()
    return judge_coverage(_ask(lambda c: coverage(c, today - timedelta(days=_DAYS), today)))


def judge_coverage(days: list[DayCoverage]) -> dg.AssetCheckResult:
    """Passes when nearly all eligible messages are settled, or there are none."""
    eligible, settled = sum(d.eligible for d in days), sum(d.settled for d in days)
    share = settled / eligible if eligible else 1.0
    return dg.AssetCheckResult(
        passed=share >= _LEAST_COVERAGE,
        metadata={
            "eligible": eligible,
            "settled": settled,
            "coverage": share,
            "failed": sum(d.failed for d in days),
            "waiting": sum(d.waiting for d in days),
        },
    )


@dg.asset_check(asset=message_scores, description="Few answers of the last day were invalid, truncated or refused")
def unusable_answers() -> dg.AssetCheckResult:
    """At most 2 % over the last 24 hours."""
    quality = _ask(lambda c: quality_of_answers(c, _HOURS))
    share = quality.unusable / quality.answers if quality.answers else 0.0
    return dg.AssetCheckResult(passed=share <= _MOST_UNUSABLE, metadata={**_counts(quality), "share": share})


@dg.asset_check(asset=message_scores, description="Models answered quickly over the last day")
def latency_of_answers() -> dg.AssetCheckResult:
    """95 % of the calls of the last 24 hours took at most 30 s."""
    quality = _ask(lambda c: quality_of_answers(c, _HOURS))
    return dg.AssetCheckResult(passed=quality.latency_p95_ms <= _MOST_P95_MS, metadata=_counts(quality))


@dg.asset_check(asset=message_scores, description="No live message waits for a worker")
def freshness_of_scores() -> dg.AssetCheckResult:
    """The oldest live message that is due waits at most five minutes."""
    seconds = _ask(oldest_due_seconds)
    return dg.AssetCheckResult(passed=seconds <= _MOST_WAIT_SECONDS, metadata={"oldest_due_seconds": seconds})


def _counts(quality: AnswerQuality) -> dict[str, float]:
    return {
        "answers": quality.answers,
        "unusable": quality.unusable,
        "latency_p95_ms": quality.latency_p95_ms,
        "queue_p95_ms": quality.queue_p95_ms,
    }


def _ask(question: Callable[[AsyncConnection[Any]], Awaitable[_T]]) -> _T:
    async def run() -> _T:
        async with await connect(load(DatabaseSettings).require_url(), "evosense_pipeline") as connection:
            return await question(connection)

    return asyncio.run(run())


CHECKS = [coverage_of_scores, unusable_answers, latency_of_answers, freshness_of_scores]

check_job = dg.define_asset_job(
    "check_scores", selection=dg.AssetSelection.checks(*CHECKS), executor_def=dg.in_process_executor
)
check_every_three_hours = dg.ScheduleDefinition(
    job=check_job, cron_schedule="17 */3 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
)
