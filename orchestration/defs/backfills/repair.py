"""Every night: days of late that lack scores or vectors are asked for again, in stretches."""

# No `from __future__ import annotations`: Dagster reads the annotation of `context` as a class.

import asyncio
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from evosense.backfills.models import Kind
from evosense.backfills.repair import ask_for_incomplete_days
from evosense.db.database import connect
from evosense.settings import AiSettings, DatabaseSettings, load

_LOOK_BACK_DAYS = 35


@dg.op(out=dg.Out(dg.Nothing))
def ask_for_what_is_missing(context: dg.OpExecutionContext) -> None:
    """Writes backfill requests for incomplete days; the sensor launches them."""
    for kind, first, last in asyncio.run(_ask()):
        context.log.info("%s of %s to %s is not complete", kind, first, last)


async def _ask() -> list[tuple[Kind, date, date]]:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    async with await connect(load(DatabaseSettings).require_url(), "evosense_pipeline") as connection:
        first = yesterday - timedelta(days=_LOOK_BACK_DAYS)
        return await ask_for_incomplete_days(connection, load(AiSettings), first, yesterday)


@dg.job(executor_def=dg.in_process_executor)
def repair_incomplete_days() -> None:
    """Ask for what the last weeks lack."""
    ask_for_what_is_missing()


@dg.schedule(job=repair_incomplete_days, cron_schedule="29 2 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def repair_every_night() -> dg.RunRequest:
    """Once a night. Dirty days of the warehouse are rebuilt by `refresh_when_stale` as they become so."""
    return dg.RunRequest()
