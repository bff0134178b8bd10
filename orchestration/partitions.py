"""Day partitions: partition D of every day asset is *each tenant's own local date D*."""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg

from evosense.settings import DrainSettings, load

# Counted in UTC, with today included: a tenant west of Greenwich never has a local date without a partition.
LOCAL_DAYS = dg.DailyPartitionsDefinition(
    start_date=load(DrainSettings).partitions_start.isoformat(), timezone="UTC", end_offset=1
)


def first_and_last(context: dg.AssetExecutionContext) -> tuple[date, date]:
    """The days of this run: one partition, or the range of a single-run backfill."""
    days = sorted(date.fromisoformat(key) for key in context.partition_keys)
    return days[0], days[-1]


def each_day(first: date, last: date) -> list[date]:
    """Every date of first..last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
