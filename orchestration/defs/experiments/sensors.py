"""When replays run: every request gets a run of its own."""

# No `from __future__ import annotations`: Dagster reads the annotation of `config` as a class.
import asyncio
from collections.abc import Iterator
from uuid import UUID

import dagster as dg
from pydantic import Field

from evosense.db.database import connect
from evosense.experiments.notebook import parse_window
from evosense.experiments.run_models import ReplayRequest
from evosense.experiments.runs import open_runs, request_run, sweep_canceled
from evosense.settings import DatabaseSettings, load
from orchestration.defs.experiments.assets import REPLAYS, comparisons, partition_key

_ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
_PARTITION_TAG = "dagster/partition"


class ReplayConfig(dg.Config):
    """What to replay: versions of a prompt over local days; all tenants when none is named."""

    candidates: list[str]
    first_day: str
    last_day: str
    baseline: str = "champion"
    prompt_name: str = "sentiment"
    tenant_ids: list[str] = Field(default_factory=list[str])
    share: float = 1.0
    emotions: list[str] = Field(default_factory=list[str])
    connection_ids: list[str] = Field(default_factory=list[str])
    max_cost_usd: float | None = None


@dg.op(out=dg.Out(dg.Nothing))
def ask_for_replay(context: dg.OpExecutionContext, config: ReplayConfig) -> None:
    """Write the request; the sensor starts its partition within seconds."""
    window = parse_window(
        f"{config.first_day}/{config.last_day}",
        config.tenant_ids or "all",
        share=config.share,
        emotions=config.emotions,
        connections=config.connection_ids,
    )
    ceiling = None if config.max_cost_usd is None else round(config.max_cost_usd * 1e6)
    request = ReplayRequest(
        window, tuple(config.candidates), "dagster", config.prompt_name, config.baseline, max_cost_micros=ceiling
    )

    async def write() -> UUID:
        async with await connect(load(DatabaseSettings).require_url(), "evosense_pipeline") as connection:
            return await request_run(connection, request)

    context.log.info("replay requested: %s", asyncio.run(write()))


@dg.job(executor_def=dg.in_process_executor)
def request_replay() -> None:
    """Ask for a replay from the launchpad; the same as POST /api/experiments/replay."""
    ask_for_replay()


@dg.sensor(target=comparisons, minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING)
def drive_replays(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One run for each replay that is not over and has none; takes back the calls of canceled ones."""
    keys = [partition_key(tenant_id, run_id) for tenant_id, run_id, _ in asyncio.run(_open())]
    runs = context.instance.get_runs(dg.RunsFilter(statuses=_ALIVE))
    driven = {run.tags.get(_PARTITION_TAG) for run in runs}
    waiting = [key for key in keys if key not in driven]
    if not waiting:
        return dg.SkipReason("no replay waits for a run")
    known = set(context.instance.get_dynamic_partitions("replays"))
    return dg.SensorResult(
        run_requests=list(_requests(waiting)),
        dynamic_partitions_requests=[REPLAYS.build_add_request([key for key in waiting if key not in known])],
    )


def _requests(keys: list[str]) -> Iterator[dg.RunRequest]:
    for key in keys:
        yield dg.RunRequest(partition_key=key)


async def _open() -> list[tuple[UUID, UUID, str]]:
    async with await connect(load(DatabaseSettings).require_url(), "evosense_pipeline") as connection:
        await sweep_canceled(connection)
        return [*await open_runs(connection)]
