"""What must hold of the warehouse: its numbers are those of a recount, it keeps up, and nothing is missing below it."""

from __future__ import annotations

import random
from datetime import timedelta

import dagster as dg

from evosense.db.database import connect_sync
from evosense.metrics.recount import Recount, recount_a_day
from evosense.metrics.staleness import Backlog, backlog
from evosense.metrics.upkeep import RecentGaps, recent_gaps, seconds_since_build
from evosense.settings import DatabaseSettings, WarehouseSettings, load
from orchestration.warehouse.invoke import run_dbt
from orchestration.warehouse.profile import dbt_environment

_DAYS, _DRAWS = 3, 20
_KPIS = dg.AssetKey("fct_daily_kpis")


def _url() -> str:
    return load(DatabaseSettings).require_direct_url()


@dg.asset_check(asset=_KPIS, description="Days of companies drawn by chance, counted again one message after the other")
def recount_of_random_days() -> dg.AssetCheckResult:
    """Three days; every figure that adds up has to be the same."""
    rolls = random.SystemRandom()
    with connect_sync(_url(), "evosense_pipeline", autocommit=True) as connection:
        found = [recount_a_day(connection, (rolls.random() for _ in range(_DRAWS))) for _ in range(_DAYS)]
    return judge_recounts([one for one in found if one])


def judge_recounts(found: list[Recount]) -> dg.AssetCheckResult:
    """Passes when nothing differs; names the days that do, with their figures as shown and as counted."""
    wrong = [one for one in found if one.differences]
    told = {
        f"{one.tenant_id} {one.local_day}": {name: [str(a), str(b)] for name, (a, b) in one.differences.items()}
        for one in wrong
    }
    return dg.AssetCheckResult(
        passed=not wrong,
        metadata={
            "days": len(found),
            "figures": sum(one.figures for one in found),
            "differences": dg.MetadataValue.json(told),
        },
    )


@dg.asset_check(asset=_KPIS, description="Days that are over do not stay stale")
def freshness_of_marts() -> dg.AssetCheckResult:
    """Nothing that is over has waited for four times as long as it should: the builds fail, or nobody starts them."""
    with connect_sync(_url(), "evosense_pipeline", autocommit=True) as connection:
        waiting, seconds = backlog(connection), seconds_since_build(connection)
    return judge_freshness(waiting, seconds, load(WarehouseSettings).warehouse_refresh_seconds)


def judge_freshness(waiting: Backlog, seconds: float | None, refresh_seconds: float) -> dg.AssetCheckResult:
    """Passes when no day that is over waits, or the last build is not long ago."""
    longest = max(4 * refresh_seconds, timedelta(hours=1).total_seconds())
    late = waiting.closed_days > 0 and (seconds is None or seconds > longest)
    return dg.AssetCheckResult(
        passed=not late,
        metadata={"stale_days_over": waiting.closed_days, "seconds_since_build": -1.0 if seconds is None else seconds},
    )


@dg.asset_check(asset=_KPIS, description="dbt source freshness: messages, scores and vectors arrive")
def freshness_of_sources() -> dg.AssetCheckResult:
    """A warning: companies that are closed for a day are nothing to be woken for."""
    settings = load(DatabaseSettings)
    results = run_dbt(["source", "freshness"], dbt_environment(_url(), settings.data_dir))
    late = sorted(result.name for result in results if result.status != "pass")
    return dg.AssetCheckResult(
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"sources": len(results), "late": dg.MetadataValue.json(late)},
    )


@dg.asset_check(asset=_KPIS, description="No stretch of the last week in which messages are missing")
def gaps_of_ingestion() -> dg.AssetCheckResult:
    """A warning: what is lost shades the series of its connection; what is open should be repaired within hours."""
    with connect_sync(_url(), "evosense_pipeline", autocommit=True) as connection:
        return judge_gaps(recent_gaps(connection))


def judge_gaps(found: RecentGaps) -> dg.AssetCheckResult:
    """Passes when every gap was repaired, or is being repaired."""
    return dg.AssetCheckResult(
        passed=not (found.left_open or found.lost),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "left_open": found.left_open,
            "lost": found.lost,
            "gaps": found.gaps,
            "companies": found.tenants,
        },
    )


CHECKS = [recount_of_random_days, freshness_of_marts, freshness_of_sources, gaps_of_ingestion]

check_warehouse = dg.define_asset_job(
    "check_warehouse", selection=dg.AssetSelection.checks(*CHECKS), executor_def=dg.in_process_executor
)
check_every_six_hours = dg.ScheduleDefinition(
    name="check_warehouse_every_six_hours",
    job=check_warehouse,
    cron_schedule="47 */6 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
