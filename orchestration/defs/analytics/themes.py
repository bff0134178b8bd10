"""Themes of every tenant, built anew once a day."""

from __future__ import annotations

from typing import Any

import dagster as dg

from evosense.db.database import connect_sync
from evosense.metrics.themes.build import build_themes, tenants_with_vectors
from evosense.settings import DatabaseSettings, load


@dg.asset(deps=["message_embeddings"], group_name="analytics", kinds={"python", "postgres"}, pool="warehouse")
def themes() -> dg.MaterializeResult[Any]:
    """What customers talk about: clusters of embeddings, named by their distinctive words; tenant after tenant."""
    url = load(DatabaseSettings).require_direct_url()
    with connect_sync(url, "evosense_pipeline", autocommit=True) as connection:
        counts = [build_themes(connection, tenant_id) for tenant_id in tenants_with_vectors(connection)]
    return dg.MaterializeResult(metadata={"tenants": len(counts), "themes": sum(counts)})


build_themes_job = dg.define_asset_job(
    "build_themes", selection=dg.AssetSelection.assets(themes), executor_def=dg.in_process_executor
)


@dg.schedule(job=build_themes_job, cron_schedule="20 6 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def build_themes_daily() -> dg.RunRequest:
    """Before the working day in Brazil."""
    return dg.RunRequest()
