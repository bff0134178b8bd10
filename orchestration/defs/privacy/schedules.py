"""When privacy's work runs by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from evosense.db.database import connect
from evosense.privacy.requests import open_requests
from evosense.settings import DatabaseSettings, load
from orchestration.defs.privacy.assets import privacy_requests, retention, scheduled_reports, stored_texts

_ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
# A run that says that it goes on after this time was lost with its machine.
_BELIEVED = timedelta(hours=1)


def _job(name: str, asset: dg.AssetsDefinition) -> dg.UnresolvedAssetJobDefinition:
    return dg.define_asset_job(name, selection=dg.AssetSelection.assets(asset), executor_def=dg.in_process_executor)


retention_job = _job("apply_retention", retention)
privacy_job = _job("answer_privacy_requests", privacy_requests)
reports_job = _job("make_scheduled_reports", scheduled_reports)
redaction_job = _job("redact_stored_texts", stored_texts)


@dg.schedule(job=retention_job, cron_schedule="13 4 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def clean_every_night() -> dg.RunRequest:
    """Once a night."""
    return dg.RunRequest()


@dg.schedule(job=reports_job, cron_schedule="5 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def make_reports() -> dg.RunRequest:
    """Every hour: somewhere a day is over."""
    return dg.RunRequest()


@dg.sensor(job=privacy_job, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def answer_requests(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Launches a run while requests wait and none is on its way."""
    recent = dg.RunsFilter(job_name=privacy_job.name, statuses=_ALIVE, created_after=datetime.now(UTC) - _BELIEVED)
    if context.instance.get_run_records(recent, limit=1):
        yield dg.SkipReason("a run is on its way")
        return
    waiting = asyncio.run(_waiting())
    yield dg.RunRequest() if waiting else dg.SkipReason("nobody asked for anything")


async def _waiting() -> int:
    async with await connect(load(DatabaseSettings).require_direct_url(), "evosense_pipeline") as connection:
        return len(await open_requests(connection))
