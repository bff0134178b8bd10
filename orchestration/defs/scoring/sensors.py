"""Keeping one drain per group alive, with a successor that is warm before its predecessor ends.

Dagster notices the death of a run only through the code server that launched it; when that died too (a machine
that lost power), the run stays STARTED for ever. So a drain is believed while it holds its LISTEN connection.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import dagster as dg

from evosense.scoring.presence import present_drains
from evosense.settings import DatabaseSettings, DrainSettings, load
from orchestration.defs.scoring.drain import drain

GROUP_TAG = "evosense/drain_group"
_ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
# A run that was launched and did not start in this time is not counted on any more.
_START_PATIENCE_SECONDS = 90.0
# A run that started and has not connected in this time will not.
_CONNECT_PATIENCE_SECONDS = 45.0

drain_job = dg.define_asset_job(
    "drain_job", selection=dg.AssetSelection.assets(drain), executor_def=dg.in_process_executor
)


@dataclass(frozen=True, slots=True)
class DrainRun:
    """A drain run that Dagster believes in.

    Attributes:
        waiting_seconds: since it was launched.
        age_seconds: since it started; None when it has not.
        is_present: it holds its connection, or held it at the last look.
    """

    waiting_seconds: float
    age_seconds: float | None
    is_present: bool

    @property
    def is_lost(self) -> bool:
        """It started and its process is gone."""
        return self.age_seconds is not None and self.age_seconds > _CONNECT_PATIENCE_SECONDS and not self.is_present


def needs_drain(runs: Sequence[DrainRun], *, run_seconds: float, overlap_seconds: float) -> bool:
    """Whether a group needs a new run: none of its runs is about to start or has longer to live than the overlap."""

    def is_enough(run: DrainRun) -> bool:
        if run.age_seconds is None:
            return run.waiting_seconds < _START_PATIENCE_SECONDS
        return not run.is_lost and run.age_seconds < run_seconds - overlap_seconds

    return not any(is_enough(run) for run in runs)


@dg.sensor(job=drain_job, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def keep_draining(context: dg.SensorEvaluationContext) -> Generator[dg.RunRequest | dg.SkipReason]:
    """Launches a drain where none has long to live. No run key: that would stop it for ever after one run."""
    settings = load(DrainSettings)
    records = context.instance.get_run_records(dg.RunsFilter(job_name=drain_job.name, statuses=_ALIVE))
    present = {name.split()[0] for name in present_drains(load(DatabaseSettings).require_direct_url())}
    # One look is not enough: a drain whose database restarted connects again within seconds.
    believed = present | set((context.cursor or "").split())
    context.update_cursor(" ".join(sorted(present)))
    runs = {record.dagster_run.run_id: _describe(record, believed) for record in records}
    launched = False
    for group in range(settings.drain_groups):
        name = f"{group + 1}/{settings.drain_groups}"
        mine = [r.dagster_run.run_id for r in records if r.dagster_run.tags.get(GROUP_TAG) == name]
        if needs_drain(
            [runs[run_id] for run_id in mine],
            run_seconds=settings.drain_run_seconds,
            overlap_seconds=settings.drain_overlap_seconds,
        ):
            launched = True
            yield _request(group, settings)
    for record in records:
        if runs[record.dagster_run.run_id].is_lost:
            context.instance.report_run_failed(record.dagster_run, "its process is gone; another drain took over")
    if not launched:
        yield dg.SkipReason("every group has a drain with time left")


def _describe(record: dg.RunRecord, believed: set[str]) -> DrainRun:
    now = time.time()
    return DrainRun(
        waiting_seconds=now - record.create_timestamp.timestamp(),
        age_seconds=None if record.start_time is None else now - record.start_time,
        is_present=record.dagster_run.run_id in believed,
    )


def _request(group: int, settings: DrainSettings) -> dg.RunRequest:
    config = {"group": group, "groups": settings.drain_groups, "max_seconds": float(settings.drain_run_seconds)}
    return dg.RunRequest(
        run_config={"ops": {"drain": {"config": config}}},
        tags={GROUP_TAG: f"{group + 1}/{settings.drain_groups}"},
    )
