"""Replays in the database: asked for, planned, enqueued by day, counted, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.ai.tasks import wake
from evosense.db.ids import EVERYONE, new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, NotFound
from evosense.experiments.models import Arm
from evosense.experiments.run_models import Day, Price, ReplayRequest, Run, RunPlan, State

_QUERIES = load("evosense.experiments", "runs.sql")


async def request_run(connection: AsyncConnection[Any], request: ReplayRequest) -> UUID:
    """Write down a request; answers the run's id. A sensor (or the caller) does the rest."""
    run_id = new_id()
    definition = request.window.definition()
    params = {
        "tenant_id": request.window.scope,
        "id": run_id,
        "experiment_id": request.experiment_id,
        "prompt_name": request.prompt_name,
        "baseline": request.baseline,
        "candidates": list(request.candidates),
        "first_day": request.window.first,
        "last_day": request.window.last,
        "tenant_ids": None if request.window.tenant_ids is None else list(request.window.tenant_ids),
        "filters": orjson.dumps({key: definition[key] for key in ("emotions", "connection_ids")}).decode(),
        "share_bp": request.window.share_bp,
        "max_cost_micros": request.max_cost_micros,
        "requested_by": request.requested_by,
    }
    await connection.execute(_QUERIES["request_run"], params)
    return run_id


async def get_run(connection: AsyncConnection[Any], tenant_id: UUID, run_id: UUID) -> Run:
    """A run by id. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(Run)) as cursor:
        await cursor.execute(_QUERIES["runs"], {"tenant_id": tenant_id, "id": run_id, "before": None, "limit": 1})
        run = await cursor.fetchone()
    if run is None:
        raise NotFound
    return run


async def list_runs(
    connection: AsyncConnection[Any], tenant_id: UUID = EVERYONE, *, before: UUID | None = None, limit: int = 50
) -> list[Run]:
    """Runs of a tenant (or those over several), newest first; `before`: the last one of the page before."""
    async with connection.cursor(row_factory=class_row(Run)) as cursor:
        await cursor.execute(_QUERIES["runs"], {"tenant_id": tenant_id, "id": None, "before": before, "limit": limit})
        return await cursor.fetchall()


async def open_runs(connection: AsyncConnection[Any]) -> list[tuple[UUID, UUID, State]]:
    """Tenant, id and state of every run that is not over, oldest first."""
    return [(row[0], row[1], row[2]) for row in await (await connection.execute(_QUERIES["open_runs"])).fetchall()]


async def lock_run(connection: AsyncConnection[Any], tenant_id: UUID, run_id: UUID) -> State:
    """The state of a run, which nobody else changes until this transaction ends. Raises NotFound."""
    row = await (await connection.execute(_QUERIES["lock_run"], {"tenant_id": tenant_id, "id": run_id})).fetchone()
    if row is None:
        raise NotFound
    return row[0]


async def store_plan(connection: AsyncConnection[Any], run: Run, plan: RunPlan) -> None:
    """Write a plan down."""
    arms = [{"label": arm.label, "prompt_hash": arm.prompt_hash, "config_hash": arm.config_hash} for arm in plan.arms]
    params = {
        **_key(run),
        "arms": orjson.dumps(arms).decode(),
        "dataset_hash": plan.dataset_hash,
        "items": plan.items,
        "calls_planned": plan.calls,
        "calls_reused": plan.reused,
        "estimated_cost_micros": plan.cost_micros,
    }
    await connection.execute(_QUERIES["plan_run"], params)


async def write_items(
    connection: AsyncConnection[Any], run: Run, dataset_hash: str, arms: Sequence[Arm], message_ids: Sequence[UUID]
) -> tuple[int, int]:
    """Write the calls a run stands on; answers how many there are and how many were answered before."""
    params = {
        "run_id": run.id,
        "dataset_hash": dataset_hash,
        "message_ids": list(message_ids),
        "prompt_hashes": [arm.prompt_hash for arm in arms],
        "config_hashes": [arm.config_hash for arm in arms],
    }
    await connection.execute(_QUERIES["write_items"], params)
    row = await (await connection.execute(_QUERIES["reuse"], _span(run))).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


async def start_run(connection: AsyncConnection[Any], run: Run) -> None:
    """Mark a planned run as running."""
    await connection.execute(_QUERIES["start_run"], _key(run))


async def enqueue_day(connection: AsyncConnection[Any], run: Run, local_day: date) -> int:
    """Put what is missing on a day into the task table and wake the drains; answers how many calls."""
    row = await (await connection.execute(_QUERIES["enqueue_day"], {**_span(run), "local_day": local_day})).fetchone()
    enqueued = int(row[0]) if row else 0
    if enqueued:
        await wake(connection, "score")
    return enqueued


async def days_of_run(connection: AsyncConnection[Any], run: Run) -> list[Day]:
    """How far the run is, by day."""
    async with connection.cursor(row_factory=class_row(Day)) as cursor:
        await cursor.execute(_QUERIES["days_of_run"], _span(run))
        return await cursor.fetchall()


async def count_run(connection: AsyncConnection[Any], run: Run, days: Sequence[Day]) -> None:
    """Store the counts of a run."""
    params = {
        **_key(run),
        "calls_done": sum(day.answered for day in days),
        "calls_failed": sum(day.missing for day in days),
        "cost_micros": sum(day.cost_micros for day in days),
    }
    await connection.execute(_QUERIES["count_run"], params)


async def end_run(
    connection: AsyncConnection[Any],
    run: Run,
    state: State,
    *,
    report_hashes: Sequence[str] = (),
    error_class: str | None = None,
) -> bool:
    """Close a run; False when somebody else did before."""
    params = {**_key(run), "state": state, "report_hashes": list(report_hashes), "error_class": error_class}
    return await (await connection.execute(_QUERIES["end_run"], params)).fetchone() is not None


async def cancel_run(connection: AsyncConnection[Any], run: Run) -> int:
    """Cancel a run and take its waiting calls back; answers how many. What was answered stays and is reused.

    Raises:
        Conflict: it is over already.
    """
    if not await end_run(connection, run, "canceled"):
        message = f"this run is {run.state}; only an open run can be canceled"
        raise Conflict(message)
    row = await (await connection.execute(_QUERIES["drop_tasks"], _span(run))).fetchone()
    return int(row[0]) if row else 0


async def ask_to_cancel(connection: AsyncConnection[Any], run: Run) -> None:
    """Cancel a run in a role that may not touch tasks; `sweep_canceled` takes its calls back within seconds.

    Raises:
        Conflict: it is over already.
    """
    if await (await connection.execute(_QUERIES["ask_to_cancel"], _key(run))).fetchone() is None:
        message = f"this run is {run.state}; only an open run can be canceled"
        raise Conflict(message)


async def sweep_canceled(connection: AsyncConnection[Any]) -> int:
    """Take back the waiting calls of canceled runs; answers how many."""
    row = await (await connection.execute(_QUERIES["sweep_canceled"])).fetchone()
    return int(row[0]) if row else 0


async def current_model(connection: AsyncConnection[Any], tenant_ids: Sequence[UUID] | None) -> str | None:
    """The config hash behind the newest production answers, None when nothing was scored yet."""
    params = {"tenant_ids": None if tenant_ids is None else list(tenant_ids)}
    row = await (await connection.execute(_QUERIES["current_model"], params)).fetchone()
    return str(row[0]) if row else None


async def call_price(connection: AsyncConnection[Any], config_hash: str, tenant_ids: Sequence[UUID] | None) -> Price:
    """What a call under a model cost and took lately."""
    params = {"config_hash": config_hash, "tenant_ids": None if tenant_ids is None else list(tenant_ids)}
    async with connection.cursor(row_factory=class_row(Price)) as cursor:
        await cursor.execute(_QUERIES["call_price"], params)
        return await cursor.fetchone() or Price(0.0, 0.0, 0)


def _key(run: Run) -> dict[str, Any]:
    return {"tenant_id": run.tenant_id, "id": run.id}


def _span(run: Run) -> dict[str, Any]:
    """The run and the tenants whose rows it touches."""
    return {"run_id": run.id, "tenant_ids": run.tenant_ids}
