"""Keeping the marts up to date: by themselves when something changed, whole days once they are over."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from orchestration.defs.analytics.assets import warehouse
from orchestration.defs.analytics.automation import ONLY_STALE
from orchestration.defs.analytics.docs import warehouse_docs
from orchestration.defs.analytics.themes import themes

refresh_when_stale = dg.AutomationConditionSensorDefinition(
    "refresh_when_stale",
    target=dg.AssetSelection.assets(warehouse, themes, warehouse_docs),
    description="Asks for a build of what is stale, for themes of new vectors and for docs of changed models.",
    # Our own condition asks the database, which Dagster's daemon can't.
    use_user_code_server=True,
    minimum_interval_seconds=60,
    run_tags=ONLY_STALE,
    default_status=dg.DefaultSensorStatus.RUNNING,
)

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
