"""Search is measured and its vocabulary made anew at night, when building an index disturbs the fewest."""

from __future__ import annotations

import dagster as dg

from orchestration.defs.search.assets import search_vocabulary, vector_tiers

search_job = dg.define_asset_job(
    "search_upkeep",
    selection=dg.AssetSelection.assets(vector_tiers, search_vocabulary),
    executor_def=dg.in_process_executor,
)


@dg.schedule(job=search_job, cron_schedule="41 3 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def keep_search_every_night() -> dg.RunRequest:
    """Once a night."""
    return dg.RunRequest()
