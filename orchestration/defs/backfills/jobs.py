"""One run for each backfill, however many days: bounded by the pools `bulk` and `warehouse`.

A backfill of one company enqueues and observes; it marks no day as materialised, for a day is everybody's. One for all
companies does.
"""

# No `from __future__ import annotations`: Dagster reads the annotation of `config` as a class.
import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar
from uuid import UUID

import dagster as dg
from psycopg import AsyncConnection

from evosense.ai.tasks import Kind as AiKind
from evosense.backfills.models import Backfill, Kind
from evosense.backfills.repository import begin_backfill, end_backfill, get_backfill, note_items
from evosense.db.database import connect
from evosense.errors import EvoSenseError
from evosense.scoring.settle import Days as AiDays
from evosense.scoring.settle import Settled, settle, settle_now
from evosense.settings import AiSettings, DatabaseSettings, load
from orchestration.defs.analytics.assets import MARTS
from orchestration.partitions import LOCAL_DAYS, each_day
from orchestration.warehouse.build import Days
from orchestration.warehouse.run import build_warehouse

_T = TypeVar("_T")
_AI_KINDS: dict[Kind, AiKind] = {"scoring": "score", "embeddings": "embed"}
_ASSETS: dict[Kind, list[str]] = {
    "scoring": ["message_scores"],
    "embeddings": ["message_embeddings"],
    "warehouse": MARTS,
}
Events = Iterator[dg.AssetMaterialization | dg.Output[None]]


class BackfillConfig(dg.Config):
    """Which request to work on; `max_seconds` bounds the wait for models."""

    tenant_id: str
    backfill_id: str
    max_seconds: float = 6 * 3600.0


@dg.op(pool="bulk", out=dg.Out(dg.Nothing))
def work_on_ai_days(context: dg.OpExecutionContext, config: BackfillConfig) -> Events:
    """Enqueues what the days lack, works on it behind live messages, and waits for the rest."""
    asked = _begin(context.run_id, config)

    def work() -> tuple[int, int]:
        settled = _settle(asked, config)
        waiting = sum(state.waiting for state in settled.states)
        if waiting:
            message = f"{waiting} messages are still waiting; the next run goes on with them"
            raise dg.Failure(message, allow_retries=False)
        return sum(state.eligible for state in settled.states), sum(state.settled for state in settled.states)

    yield from _finish(asked, work)


def _settle(asked: Backfill, config: BackfillConfig) -> Settled:
    days = AiDays(asked.first_day, asked.last_day, asked.only_tenant)
    kind = _AI_KINDS[asked.kind]
    return settle_now(settle(load(DatabaseSettings), load(AiSettings), kind, days, max_seconds=config.max_seconds))


@dg.op(pool="warehouse", out=dg.Out(dg.Nothing))
def build_asked_days(context: dg.OpExecutionContext, config: BackfillConfig) -> Events:
    """Builds the days again in one dbt call."""
    asked = _begin(context.run_id, config)

    def work() -> tuple[int, int]:
        build_warehouse(load(DatabaseSettings), days=Days(asked.first_day, asked.last_day, asked.only_tenant))
        days = (asked.last_day - asked.first_day).days + 1
        return days, days

    yield from _finish(asked, work)


def _begin(run_id: str, config: BackfillConfig) -> Backfill:
    async def begin(connection: AsyncConnection[Any]) -> Backfill:
        asked = await get_backfill(connection, UUID(config.tenant_id), UUID(config.backfill_id))
        await begin_backfill(connection, asked, run_id)
        return asked

    return _ask(begin)


def _finish(asked: Backfill, work: Callable[[], tuple[int, int]]) -> Events:
    """Do the work and close the request; a failure is told by its class and raised."""
    try:
        items, items_done = work()
    except (EvoSenseError, dg.Failure) as error:
        name = type(error).__name__
        _ask(lambda connection: end_backfill(connection, asked, "failed", error_class=name))
        raise

    async def close(connection: AsyncConnection[Any]) -> None:
        await note_items(connection, asked, items, items_done)
        await end_backfill(connection, asked, "done")

    _ask(close)
    known = set(LOCAL_DAYS.get_partition_keys()) if asked.only_tenant is None else set[str]()
    for day in each_day(asked.first_day, asked.last_day):
        for asset in _ASSETS[asked.kind] if day.isoformat() in known else ():
            yield dg.AssetMaterialization(asset, partition=day.isoformat(), metadata={"backfill": str(asked.id)})
    yield dg.Output(None)


def _ask(question: Callable[[AsyncConnection[Any]], Awaitable[_T]]) -> _T:
    async def run() -> _T:
        async with await connect(load(DatabaseSettings).require_url(), "evosense_pipeline") as connection:
            return await question(connection)

    return asyncio.run(run())


@dg.job(executor_def=dg.in_process_executor)
def backfill_ai_days() -> None:
    """Score or embed what past days lack; see POST /api/backfills and `evosense backfill`."""
    work_on_ai_days()


@dg.job(executor_def=dg.in_process_executor)
def backfill_warehouse_days() -> None:
    """Build past days again; see POST /api/backfills and `evosense backfill`."""
    build_asked_days()
