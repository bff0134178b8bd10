"""Launching a run for every backfill that was asked for, and a new one where a run died."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import dagster as dg

from evosense.backfills.models import Backfill
from evosense.backfills.repository import end_backfill, open_backfills
from evosense.db.database import connect
from evosense.settings import DatabaseSettings, load
from orchestration.defs.backfills.jobs import backfill_ai_days, backfill_warehouse_days

BACKFILL_TAG = "evosense/backfill"
_MOST_RUNS = 3
_OVER = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.SUCCESS]


@dg.sensor(
    jobs=[backfill_ai_days, backfill_warehouse_days],
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def launch_backfills(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """One run for each request; what died is asked again, three times at most."""
    launched = 0
    for asked, runs_before in asyncio.run(_waiting(context.instance)):
        launched += 1
        job = backfill_warehouse_days if asked.kind == "warehouse" else backfill_ai_days
        op = "build_asked_days" if asked.kind == "warehouse" else "work_on_ai_days"
        config = {"tenant_id": str(asked.tenant_id), "backfill_id": str(asked.id)}
        yield dg.RunRequest(
            # The same try is never launched twice, even if this sensor dies before it says so.
            run_key=f"{asked.id}:{runs_before}",
            job_name=job.name,
            run_config={"ops": {op: {"config": config}}},
            tags={BACKFILL_TAG: str(asked.id)},
        )
    if not launched:
        yield dg.SkipReason("no backfill waits for a run")


async def _waiting(instance: dg.DagsterInstance) -> list[tuple[Backfill, int]]:
    """Open requests without a run under way, with the number of runs before: one that died leaves its request open."""
    waiting: list[tuple[Backfill, int]] = []
    async with await connect(load(DatabaseSettings).require_direct_url(), "evosense_pipeline") as connection:
        for asked in await open_backfills(connection):
            runs = instance.get_runs(dg.RunsFilter(tags={BACKFILL_TAG: str(asked.id)}))
            if any(run.status not in _OVER for run in runs):
                continue
            if len(runs) >= _MOST_RUNS:
                await end_backfill(connection, asked, "failed", error_class="RunDied")
            else:
                waiting.append((asked, len(runs)))
    return waiting
