"""The student model of each tenant, trained anew every week from what its champion and its people said."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

import dagster as dg

from evosense.ai.student.repository import teach, tenants_to_teach
from evosense.ai.student.train import FEWEST, Quality
from evosense.db.database import open_pool
from evosense.settings import DatabaseSettings, load


@dg.asset(pool="bulk", group_name="scoring", kinds={"numpy", "postgres"}, deps=["message_scores"])
def student_models() -> dg.MaterializeResult[Any]:
    """One small linear model per tenant (app.student_model), with the quality that it reaches on held-out chats.

    Training ships nothing: a student scores only where the tenant's list of backends names the provider `student`.
    """
    taught = asyncio.run(_teach())
    table = [
        dg.TableRecord({"tenant": tenant, **{name: float(value) for name, value in asdict(quality).items()}})
        for tenant, quality in taught.items()
        if quality is not None
    ]
    metadata: dict[str, Any] = {
        "taught": len(table),
        "with_too_few_examples": len(taught) - len(table),
        "fewest_examples": FEWEST,
    }
    if table:
        metadata["held_out_quality"] = dg.MetadataValue.table(table)
        metadata["lowest_macro_f1"] = min(q.macro_f1 for q in taught.values() if q is not None)
    return dg.MaterializeResult(metadata=metadata)


async def _teach() -> dict[str, Quality | None]:
    url = load(DatabaseSettings).require_url()
    taught: dict[str, Quality | None] = {}
    async with open_pool(url, "evosense_pipeline", max_size=2, application="evosense students") as pool:
        async with pool.connection() as connection:
            tenants = await tenants_to_teach(connection)
        for tenant_id in tenants:
            async with pool.connection() as connection:
                taught[str(tenant_id)] = await teach(connection, tenant_id)
    return taught


students_job = dg.define_asset_job(
    "teach_students",
    selection=dg.AssetSelection.assets(student_models),
    executor_def=dg.in_process_executor,
)


@dg.schedule(job=students_job, cron_schedule="17 4 * * 0", default_status=dg.DefaultScheduleStatus.RUNNING)
def teach_every_week() -> dg.RunRequest:
    """Once a week, on Sunday night."""
    return dg.RunRequest()
