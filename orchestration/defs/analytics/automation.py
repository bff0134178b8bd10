"""When marts, themes and docs are rebuilt by themselves: what changed is, and nothing else.

Nobody waits for it: what is stale is served from app meanwhile. So a build may come late and seldom.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

import dagster as dg

from evosense.db.database import connect_sync
from evosense.metrics.staleness import Backlog, backlog, is_built, mark, stale_days, turn_if_free
from evosense.settings import DatabaseSettings, WarehouseSettings, load
from orchestration.partitions import LOCAL_DAYS

# Runs with this tag build what is stale, and not the whole of the days that they are named after.
ONLY_STALE = {"evosense/only_stale": "yes"}
# More ranges of days than this are asked for as one, holes included: each is a run that costs seconds to start.
_MOST_RANGES = 3
_ALIVE = frozenset(
    {
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
    }
)


def is_due(waiting: Backlog, *, built: bool, seconds_since_last: float, refresh_seconds: float) -> bool:
    """Whether a build is worth its 10 s of CPU now.

    Days that are over are rebuilt every `refresh_seconds`. The open day is going to change anyway, so with nothing
    else to do it is left for an hour. A warehouse that was never built, or whose last build is unknown, is due.
    """
    if not built:
        return waiting.chats + waiting.days > 0
    if waiting.closed_days:
        return seconds_since_last >= refresh_seconds
    return waiting.days > 0 and seconds_since_last >= max(refresh_seconds, timedelta(hours=1).total_seconds())


class StaleDays(dg.AutomationCondition[dg.AssetKey]):
    """True for the days that app.dirty and the marks name, once a build of them is due.

    A look also turns app.dirty into marks, so that it stays short.
    """

    @property
    def name(self) -> str:
        """What the Dagster UI calls it."""
        return "local day is stale"

    def evaluate(self, context: dg.AutomationContext[dg.AssetKey]) -> dg.AutomationResult[dg.AssetKey]:
        """The partitions that are due; asked of the database once for all marts of a tick."""
        keys: set[str] = set()
        for first, last in _due_ranges(context.asset_graph_view.instance, context.evaluation_time):
            keys.update(LOCAL_DAYS.get_partition_keys_in_range(dg.PartitionKeyRange(str(first), str(last))))
        return dg.AutomationResult(context, context.candidate_subset.compute_intersection_with_partition_keys(keys))


def ranges_of(days: Sequence[date], known: Sequence[str]) -> list[tuple[date, date]]:
    """The days that are partitions as ranges, first and last included; where none is one, the newest partition.

    A build does all that is stale whatever it is named after, so days before the first partition are in it, too.
    """
    first, last = date.fromisoformat(known[0]), date.fromisoformat(known[-1])
    inside = sorted(day for day in days if first <= day <= last)
    if not inside:
        return [(last, last)] if days else []
    ranges: list[tuple[date, date]] = []
    for day in inside:
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges if len(ranges) <= _MOST_RANGES else [(inside[0], inside[-1])]


@lru_cache(maxsize=1)
def _due_ranges(instance: dg.DagsterInstance, _tick: datetime) -> list[tuple[date, date]]:
    runs = instance.get_run_records(dg.RunsFilter(tags=ONLY_STALE), limit=1)
    if runs and runs[0].dagster_run.status in _ALIVE:
        return []
    waiting, built, days = _look()
    last = runs[0].end_time if runs else None
    due = is_due(
        waiting,
        built=built,
        seconds_since_last=time.time() - last if last else float("inf"),
        refresh_seconds=load(WarehouseSettings).warehouse_refresh_seconds,
    )
    return ranges_of(days, LOCAL_DAYS.get_partition_keys()) if due else []


def _look() -> tuple[Backlog, bool, list[date]]:
    url = load(DatabaseSettings).require_direct_url()
    with connect_sync(url, "evosense_pipeline", autocommit=True) as connection:
        with turn_if_free(connection) as is_ours:
            if is_ours:
                mark(connection)
        return backlog(connection), is_built(connection), stale_days(connection)


# Another text of a model makes everything that it built old: all its days are rebuilt, in one run.
STALE_OR_OTHER_CODE = (StaleDays() | dg.AutomationCondition.code_version_changed()) & ~(
    dg.AutomationCondition.in_progress()
)
EVERY_MORNING_IF_NEWER = (
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & dg.AutomationCondition.cron_tick_passed("20 6 * * *").since_last_handled()
    & ~dg.AutomationCondition.in_progress()
)
MISSING_OR_OTHER_CODE = (
    dg.AutomationCondition.missing().newly_true() | dg.AutomationCondition.code_version_changed()
) & ~dg.AutomationCondition.in_progress()
