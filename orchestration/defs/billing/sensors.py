"""Starting the worker when Stripe told something, one run at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import dagster as dg

from evosense.billing.inbox import count_due
from evosense.db.database import connect
from evosense.settings import DatabaseSettings, load
from orchestration.defs.billing.assets import billing_notices, stripe_events
from orchestration.defs.billing.schedules import is_on

_ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]

# A run takes seconds. One that says so after this time was lost with its machine; the customers' locks see to the rest.
_BELIEVED = timedelta(minutes=10)

stripe_events_job = dg.define_asset_job(
    "stripe_events_job",
    selection=dg.AssetSelection.assets(stripe_events, billing_notices),
    executor_def=dg.in_process_executor,
)


@dg.sensor(job=stripe_events_job, minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
def work_in_stripe_events(context: dg.SensorEvaluationContext) -> Generator[dg.RunRequest | dg.SkipReason]:
    """Launches a run while events wait and none is on its way. No run key: the same events may need many tries."""
    if not is_on():
        yield dg.SkipReason("billing is off: STRIPE_SECRET_KEY is not set")
        return
    recent = dg.RunsFilter(
        job_name=stripe_events_job.name, statuses=_ALIVE, created_after=datetime.now(UTC) - _BELIEVED
    )
    if context.instance.get_run_records(recent, limit=1):
        yield dg.SkipReason("a run is on its way")
        return
    waiting = asyncio.run(_waiting())
    yield dg.RunRequest() if waiting else dg.SkipReason("no event of Stripe waits")


async def _waiting() -> int:
    async with await connect(load(DatabaseSettings).require_direct_url(), "evosense_pipeline") as connection:
        return await count_due(connection, datetime.now(UTC))
