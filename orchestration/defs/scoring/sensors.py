"""Keeping one drain per group alive, with a successor that is warm before its predecessor ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import dagster as dg

from evosense.settings import DrainSettings, load
from orchestration.defs.scoring.drain import drain

GROUP_TAG = "evosense/drain_group"
_ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]

drain_job = dg.define_asset_job(
    "drain_job", selection=dg.AssetSelection.assets(drain), executor_def=dg.in_process_executor
)


def needs_drain(ages_seconds: Sequence[float | None], *, run_seconds: float, overlap_seconds: float) -> bool:
    """Whether a group needs a new run, given the ages of its living ones (None: not started yet).

    A run that is waiting to start, or has longer to live than the overlap, is enough.
    """
    return not any(age is None or age < run_seconds - overlap_seconds for age in ages_seconds)


@dg.sensor(job=drain_job, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def keep_draining(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Launches a drain where none has long to live. No run key: that would stop it for ever after one run."""
    settings = load(DrainSettings)
    records = context.instance.get_run_records(dg.RunsFilter(job_name=drain_job.name, statuses=_ALIVE))
    now = time.time()
    launched = False
    for group in range(settings.drain_groups):
        name = f"{group + 1}/{settings.drain_groups}"
        ages = [
            None if record.start_time is None else now - record.start_time
            for record in records
            if record.dagster_run.tags.get(GROUP_TAG) == name
        ]
        if needs_drain(ages, run_seconds=settings.drain_run_seconds, overlap_seconds=settings.drain_overlap_seconds):
            launched = True
            yield _request(group, settings)
    if not launched:
        yield dg.SkipReason("every group has a drain with time left")


def _request(group: int, settings: DrainSettings) -> dg.RunRequest:
    config = {"group": group, "groups": settings.drain_groups, "max_seconds": float(settings.drain_run_seconds)}
    return dg.RunRequest(
        run_config={"ops": {"drain": {"config": config}}},
        tags={GROUP_TAG: f"{group + 1}/{settings.drain_groups}"},
    )
