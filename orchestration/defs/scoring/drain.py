"""The warm drain: one run per group that stays alive on LISTEN, because a cold run takes 7 to 12 s to start.

It owns the unpartitioned asset `drain` and logs materialisations of the day partitions it touched, at most once
a minute, so that a day shows as materialised while its messages are still coming in.
"""

# No `from __future__ import annotations`: Dagster reads the annotation of `config` as a class.
import time
from collections.abc import Callable, Iterable
from typing import Any

import dagster as dg

from evosense.ai.shards import shards_of_group
from evosense.scoring.background import DrainThread
from evosense.scoring.drain import DrainOptions
from evosense.scoring.ledger import DayTotals, Ledger
from evosense.scoring.presence import present_drains
from evosense.settings import AiSettings, DatabaseSettings, DrainSettings, load

ASSET_OF_KIND = {"score": "message_scores", "embed": "message_embeddings"}
_TELL_EVERY_SECONDS = 60.0
_HANDOVER_LOOK_SECONDS = 2.0


class DrainConfig(dg.Config):
    """Which share of the chats a run serves, for how long, and how much longer it waits for a successor."""

    group: int = 0
    groups: int = 1
    max_seconds: float = 1800.0
    handover_seconds: float = 600.0

    @property
    def share(self) -> str:
        """The group as people and connections call it."""
        return f"{self.group + 1}/{self.groups}"


@dg.asset(pool="drain", group_name="scoring", kinds={"postgres"})
def drain(context: dg.AssetExecutionContext, config: DrainConfig) -> dg.MaterializeResult[Any]:
    """Keeps up with scoring and embedding until its time is over; a successor takes over before that."""
    ledger = Ledger(_TELL_EVERY_SECONDS)
    options = DrainOptions(
        shards=shards_of_group(config.group, config.groups),
        lease_seconds=load(DrainSettings).drain_lease_seconds,
        name=f"{context.run.run_id} {config.share}",
    )
    worker = DrainThread(load(DatabaseSettings), load(AiSettings), options)
    try:
        with worker:
            _work(worker, ledger, config, lambda: _tell(context, ledger))
    except dg.DagsterExecutionInterruptedError:
        # "Terminate" in the UI is a cancellation; a SIGTERM of the machine or the stack is just an early end.
        if _is_being_canceled(context):
            raise
    finally:
        # Also when somebody pressed "terminate": what was done since the last minute is told.
        ledger.add(worker.reports(0), time.monotonic())
        _tell(context, ledger)
    return dg.MaterializeResult(metadata={"settled": ledger.settled, "group": config.share})


def _is_being_canceled(context: dg.AssetExecutionContext) -> bool:
    run = context.instance.get_run_by_id(context.run.run_id)
    return run is not None and run.status == dg.DagsterRunStatus.CANCELING


def _work(worker: DrainThread, ledger: Ledger, config: DrainConfig, tell: Callable[[], None]) -> None:
    """Follow the worker until its time is over and a successor is there.

    On a busy machine a run can take half a minute to start; messages do not wait for it.
    """
    _follow(worker, ledger, config.max_seconds, tell)
    longest = time.monotonic() + config.handover_seconds
    while worker.is_alive and time.monotonic() < longest and not _has_successor(worker, config):
        _follow(worker, ledger, _HANDOVER_LOOK_SECONDS, tell)


def _has_successor(worker: DrainThread, config: DrainConfig) -> bool:
    """Whether another drain of the same group is there."""
    others = present_drains(load(DatabaseSettings).require_direct_url()) - {worker.name}
    return any(other.endswith(f" {config.share}") for other in others)


def _follow(worker: DrainThread, ledger: Ledger, seconds: float, tell: Callable[[], None]) -> None:
    """Listen to the worker and tell once a minute, for so long."""
    until = time.monotonic() + seconds
    while worker.is_alive and (left := until - time.monotonic()) > 0:
        due_in = ledger.due_in(time.monotonic())
        done = worker.reports(min(left, _TELL_EVERY_SECONDS if due_in is None else due_in))
        ledger.add(done, time.monotonic())
        if ledger.due_in(time.monotonic()) == 0:
            tell()


def _tell(context: dg.AssetExecutionContext, ledger: Ledger) -> None:
    for event in materialisations(ledger.take()):
        context.log_event(event)


def materialisations(totals: Iterable[tuple[str, object, DayTotals]]) -> list[dg.AssetMaterialization]:
    """One materialisation per kind and local day: counts, latencies, cost; no text."""
    return [
        dg.AssetMaterialization(ASSET_OF_KIND[kind], partition=str(day), metadata=day_totals.as_metadata())
        for kind, day, day_totals in totals
    ]
