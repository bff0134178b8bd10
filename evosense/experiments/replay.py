"""Replaying a window under other prompts: plan first, enqueue by day, resume, count, report.

A replay only enqueues: the drain does the calls. Whatever was answered before (by a shadow, an earlier replay, the
champion itself) is reused, so running again costs nothing, and a replay whose driver died goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import PoolTimeout

from evosense.db.database import AsyncPool
from evosense.db.ids import EVERYONE
from evosense.errors import EvoSenseError, InvalidInput
from evosense.experiments.datasets import Dataset, snapshot
from evosense.experiments.models import Arm
from evosense.experiments.reports import report_run
from evosense.experiments.run_models import Day, Price, Run, RunPlan
from evosense.experiments.runs import (
    call_price,
    count_run,
    current_model,
    days_of_run,
    end_run,
    enqueue_day,
    get_run,
    lock_run,
    start_run,
    store_plan,
    write_items,
)
from evosense.experiments.statistics import sample_size
from evosense.log import get_logger
from evosense.prompts.channels import list_versions, resolve

_log = get_logger(__name__)
_ITEM_BATCH = 5_000
# Without any answer lately, this many calls at once are assumed.
_ASSUMED_CONCURRENCY = 16


@dataclass(frozen=True, slots=True)
class Preview:
    """What a replay will do, before it does it.

    `chats_needed` would show a difference of `delta` with 80 % chance, at a typical spread and ICC.
    """

    run_id: UUID
    items: int
    chats: int
    calls: int
    reused: int
    missing: int
    cost_micros: int
    eta_seconds: float
    delta: float
    chats_needed: int


async def plan(connection: AsyncConnection[Any], run: Run, *, delta: float = 0.02) -> Preview:
    """Resolve the prompts, freeze the dataset, find what is answered already; the run is `planned` then.

    Runs in the caller's transaction; planning a planned run again changes nothing.

    Raises:
        InvalidInput: nothing to replay, no model yet, a tenant's own prompt for several tenants, or above the ceiling.
        NotFound: an unknown prompt.
    """
    references = (run.baseline, *run.candidates)
    arms = await resolve_arms(connection, run.tenant_id, run.tenant_ids, run.prompt_name, references)
    dataset = await snapshot(connection, run.window)
    calls = reused = 0
    for start in range(0, len(dataset.items), _ITEM_BATCH):
        ids = [item.message_id for item in dataset.items[start : start + _ITEM_BATCH]]
        calls, reused = await write_items(connection, run, dataset.dataset_hash, arms, ids)
    price = await call_price(connection, arms[0].config_hash, run.tenant_ids)
    cost = round(price.cost_micros * (calls - reused))
    if run.max_cost_micros is not None and cost > run.max_cost_micros:
        message = (
            f"{calls - reused} calls would cost about {cost / 1e6:.2f} USD, above the ceiling of "
            f"{run.max_cost_micros / 1e6:.2f}; take a smaller sample or raise it"
        )
        raise InvalidInput(message)
    await store_plan(connection, run, RunPlan(arms, dataset.dataset_hash, len(dataset.items), calls, reused, cost))
    return _preview(run, dataset, (calls, reused), cost, eta_seconds(price, calls - reused), delta)


def eta_seconds(price: Price, calls: int) -> float:
    """How long `calls` take at the rate of the last ten minutes, else at 16 calls at once of the usual latency."""
    rate = price.recent / 600 or _ASSUMED_CONCURRENCY / max(price.latency_ms / 1000, 0.001)
    return calls / rate


def _preview(
    run: Run, dataset: Dataset, calls: tuple[int, int], cost: int, eta_seconds: float, delta: float
) -> Preview:
    chats = dataset.chats
    return Preview(
        run_id=run.id,
        items=len(dataset.items),
        chats=chats,
        calls=calls[0],
        reused=calls[1],
        missing=calls[0] - calls[1],
        cost_micros=cost,
        eta_seconds=eta_seconds,
        delta=delta,
        chats_needed=sample_size(delta, 0.3, messages_per_chat=max(len(dataset.items) / chats, 1)).chats,
    )


async def resolve_arms(
    connection: AsyncConnection[Any],
    scope: UUID,
    tenant_ids: Sequence[UUID] | None,
    prompt_name: str,
    references: Sequence[str],
) -> tuple[Arm, ...]:
    """Baseline and candidates under today's model.

    Args:
        connection: any role that may read prompts and answers.
        scope: whose prompts: a tenant, or everybody.
        tenant_ids: whose newest production answers name the model; everybody's when None.
        prompt_name: the prompt's name.
        references: the baseline first; channels, `v7`, or beginnings of hashes.

    Raises:
        InvalidInput: no model yet, one version twice, a tenant's own prompt for several tenants.
        NotFound: an unknown prompt.
    """
    config_hash = await current_model(connection, tenant_ids)
    if config_hash is None:
        message = "no message was scored yet, so there is no model to replay with; let the drain score some first"
        raise InvalidInput(message)
    arms: list[Arm] = []
    for reference in references:
        prompt_hash = await resolve(connection, scope, prompt_name, reference)
        arms.append(Arm(f"{prompt_name}@{reference}", prompt_hash, config_hash))
    if len({arm.prompt_hash for arm in arms}) < len(arms):
        message = "baseline and candidates must be different prompt versions"
        raise InvalidInput(message)
    if scope == EVERYONE:
        shared = {v.prompt_hash for v in await list_versions(connection, EVERYONE, name=prompt_name)}
        if not {arm.prompt_hash for arm in arms} <= shared:
            message = "a replay over several tenants needs prompts that are registered for everybody"
            raise InvalidInput(message)
    return tuple(arms)


async def start(pool: AsyncPool, tenant_id: UUID, run_id: UUID) -> Run:
    """Enqueue what is missing, one transaction a day; safe to call again after any death.

    Raises:
        NotFound: no such run.
    """
    async with pool.connection() as connection:
        run = await get_run(connection, tenant_id, run_id)
        days = [day.local_day for day in await days_of_run(connection, run) if day.missing]
    for day in days:
        async with pool.connection() as connection, connection.transaction():
            if await lock_run(connection, tenant_id, run_id) not in ("planned", "running"):
                break
            await enqueue_day(connection, run, day)
    async with pool.connection() as connection:
        await start_run(connection, run)
        return await get_run(connection, tenant_id, run_id)


async def advance(pool: AsyncPool, tenant_id: UUID, run_id: UUID) -> Run:
    """Take a run one step further, whatever its state: plan and start it, or count it and report when it is through.

    What can't work ends the run as failed, with the error's class. Called by a sensor every few seconds, by
    notebooks and by the command line; several at once do no harm.
    """
    async with pool.connection() as connection:
        run = await get_run(connection, tenant_id, run_id)
    try:
        await _step(pool, run)
    except Exception as error:
        # A fault of ours would come again at every look, for ever.
        reason = _why_it_ends(error)
        if reason is None:
            raise
        _log.warning("replay_failed", run_id=str(run_id), error_class=type(error).__name__)
        async with pool.connection() as connection:
            await end_run(connection, run, "failed", error_class=reason[:300])
    async with pool.connection() as connection:
        return await get_run(connection, tenant_id, run_id)


async def _step(pool: AsyncPool, run: Run) -> None:
    if run.state == "requested":
        async with pool.connection() as connection, connection.transaction():
            if await lock_run(connection, run.tenant_id, run.id) == "requested":
                await plan(connection, run)
    if run.state in ("requested", "planned"):
        await start(pool, run.tenant_id, run.id)
    if run.state == "running":
        await _settle(pool, run)


def _why_it_ends(error: Exception) -> str | None:
    """What is kept of an error that ends a run; None for one that may be over at the next look.

    Of an error that nobody foresaw only the class is told: its text may hold a message's.
    """
    if isinstance(error, EvoSenseError):
        return None if error.retryable else f"{error.code}: {error.detail}"
    if isinstance(error, (psycopg.OperationalError, PoolTimeout)):
        return None
    return f"internal_error: {type(error).__name__}"


async def _settle(pool: AsyncPool, run: Run) -> None:
    """Count; when nothing waits any more, write the reports and close."""
    async with pool.connection() as connection:
        days = await days_of_run(connection, run)
        await count_run(connection, run, days)
        if any(day.waiting for day in days):
            return
        hashes = await report_run(connection, run)
        await end_run(connection, run, "done", report_hashes=hashes)


async def progress(connection: AsyncConnection[Any], run: Run) -> list[Day]:
    """How far a run is, by day."""
    return await days_of_run(connection, run)


async def wait_for(
    pool: AsyncPool,
    tenant_id: UUID,
    run_id: UUID,
    *,
    every_seconds: float = 1.0,
    tell: Callable[[Run], None] = lambda _: None,
) -> Run:
    """Drive a run until it is over; `tell` hears of it whenever more of its calls are answered."""
    told = -1
    while True:
        run = await advance(pool, tenant_id, run_id)
        if run.calls_done != told:
            told = run.calls_done
            tell(run)
        if not run.is_open:
            return run
        await asyncio.sleep(every_seconds)
