"""Keeping the marts up to date: what is stale is rebuilt a while after it became so, whole days once they are over.

Nobody waits for it: what is stale is served from app meanwhile. So a build may come late and seldom.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import dagster as dg

from evosense.db.database import connect_sync
from evosense.metrics.staleness import Backlog, backlog, is_built, mark, turn_if_free
from evosense.settings import DatabaseSettings, WarehouseSettings, load
from orchestration.defs.analytics.assets import MARTS, check_results, metadata_of, warehouse
from orchestration.partitions import LOCAL_DAYS
from orchestration.warehouse.invoke import BuildFailed, NodeResult
from orchestration.warehouse.run import build_warehouse

Events = Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation | dg.Output[None]]
_ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dg.op(pool="warehouse", out=dg.Out(dg.Nothing))
def rebuild_what_is_stale() -> Events:
    """Builds exactly the stale chats and days, and tells which day partitions that were."""
    try:
        built = build_warehouse(load(DatabaseSettings))
    except BuildFailed as failure:
        yield from _evaluations(failure.results)
        raise dg.Failure(failure.detail) from None
    known = set(LOCAL_DAYS.get_partition_keys())
    for day in (str(day) for day in built.days):
        for mart in MARTS if day in known else ():
            yield dg.AssetMaterialization(mart, partition=day, metadata=metadata_of(mart, built))
    yield from _evaluations(built.results)
    yield dg.Output(None)


def _evaluations(results: Sequence[NodeResult]) -> Iterator[dg.AssetCheckEvaluation]:
    for check in check_results(results):
        if check.asset_key and check.check_name:
            yield dg.AssetCheckEvaluation(
                asset_key=check.asset_key, check_name=check.check_name, passed=check.passed, metadata=check.metadata
            )


@dg.job(executor_def=dg.in_process_executor)
def refresh_warehouse() -> None:
    """Rebuild what is stale; see `evosense warehouse build`."""
    rebuild_what_is_stale()


def is_due(waiting: Backlog, *, built: bool, seconds_since_last: float, refresh_seconds: float) -> bool:
    """Whether a build is worth its 10 s of CPU now.

    Days that are over are rebuilt every `refresh_seconds`. The open day is going to change anyway, so with nothing
    else to do it is left for an hour. A warehouse that was never built, or whose last build is unknown, is due.
    """
    if not built:
        return waiting.chats + waiting.days > 0
    if waiting.closed_days:
        return seconds_since_last >= refresh_seconds
    return waiting.days > 0 and seconds_since_last >= max(refresh_seconds, timedelta(hours=1).total_seconds())


@dg.sensor(job=refresh_warehouse, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def refresh_when_stale(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Turns app.dirty into marks, so that it stays short, and asks for a build when one is due."""
    runs = context.instance.get_run_records(dg.RunsFilter(job_name=refresh_warehouse.name), limit=1)
    if runs and runs[0].dagster_run.status in _ALIVE:
        yield dg.SkipReason("a build is under way")
        return
    waiting, built = _look()
    last = runs[0].end_time if runs else None
    since = time.time() - last if last else float("inf")
    if is_due(
        waiting,
        built=built,
        seconds_since_last=since,
        refresh_seconds=load(WarehouseSettings).warehouse_refresh_seconds,
    ):
        yield dg.RunRequest()
    else:
        yield dg.SkipReason(f"{waiting.days} tenant-days are stale, {waiting.closed_days} of them over")


def _look() -> tuple[Backlog, bool]:
    url = load(DatabaseSettings).require_direct_url()
    with connect_sync(url, "evosense_pipeline", autocommit=True) as connection:
        with turn_if_free(connection) as is_ours:
            if is_ours:
                mark(connection)
        return backlog(connection), is_built(connection)


build_days = dg.define_asset_job(
    "build_days",
    selection=dg.AssetSelection.assets(warehouse),
    executor_def=dg.in_process_executor,
)


@dg.schedule(job=build_days, cron_schedule="40 12 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def build_the_day_that_ended(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Builds a date once it is over everywhere (12:00 UTC of the next): a safety net under the marks."""
    day = context.scheduled_execution_time.date() - timedelta(days=1)
    return dg.RunRequest(run_key=str(day), partition_key=str(day))
