"""Replays of a company's own messages under other prompts, and the reports that come of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.experiments.preview import preview
from evosense.experiments.reports import get_report, list_reports, regressions_of
from evosense.experiments.runs import ask_to_cancel, get_run, list_runs, request_run
from serving.dependencies import Allowed, ResourcesDep
from serving.pages import LINKED, PageByHash, PageById, one_page
from serving.schemas.experiments import ComparisonReport, ExperimentRun, Replay, Requested
from serving.schemas.problem import problems
from serving.schemas.shadows import Regression, ReplayPreview, ReportLine

router = APIRouter(tags=["experiments"])
Reader = Annotated[Actor, Depends(Allowed("read_experiments"))]
Owner = Annotated[Actor, Depends(Allowed("run_experiments"))]


@router.get("/api/experiments", operation_id="list_experiment_runs", responses=LINKED | problems(401, 403, 422, 503))
async def get_experiments(
    caller: Reader,
    found: ResourcesDep,
    request: Request,
    response: Response,
    page: PageById = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[ExperimentRun]:
    """Replays of your company, newest first."""
    async with tenant_transaction(found.pool, caller) as connection:
        listed = await list_runs(connection, caller.tenant_id, before=page, limit=limit + 1)
    return [ExperimentRun.of(run) for run in one_page(request, response, listed, limit, lambda run: run.id)]


@router.post(
    "/api/experiments/replay",
    operation_id="request_replay",
    status_code=202,
    responses=problems(401, 402, 403, 413, 422, 503),
)
async def post_replay(replay: Replay, caller: Owner, found: ResourcesDep) -> Requested:
    """Ask for a window of your messages to be scored under other prompts, in the background.

    What was answered before is reused and not paid for again. Above `max_cost_usd` it does not start.
    """
    request = replay.as_request(caller.tenant_id, str(caller.user_id))
    async with tenant_transaction(found.pool, caller) as connection:
        return Requested(run_id=await request_run(connection, request))


@router.post("/api/experiments/plan", operation_id="plan_replay", responses=problems(401, 402, 403, 404, 413, 422, 503))
async def post_plan(
    replay: Replay, caller: Owner, found: ResourcesDep, delta: Annotated[float, Query(gt=0, le=100)] = 0.02
) -> ReplayPreview:
    """What a replay would do, cost and be able to show. Nothing is written by asking."""
    request = replay.as_request(caller.tenant_id, str(caller.user_id))
    async with tenant_transaction(found.pool, caller) as connection:
        return ReplayPreview.model_validate(await preview(connection, request, delta=delta))


@router.get("/api/experiments/reports", operation_id="list_reports", responses=LINKED | problems(401, 403, 422, 503))
async def get_reports(
    caller: Reader,
    found: ResourcesDep,
    request: Request,
    response: Response,
    page: PageByHash = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[ReportLine]:
    """Reports of your company, newest first."""
    async with tenant_transaction(found.pool, caller) as connection:
        listed = await list_reports(connection, caller.tenant_id, before=page, limit=limit + 1)
    return [
        ReportLine.model_validate(one) for one in one_page(request, response, listed, limit, lambda r: r.report_hash)
    ]


@router.get(
    "/api/experiments/reports/{report_hash}/regressions",
    operation_id="list_regressions",
    responses=problems(401, 403, 404, 422, 503),
)
async def get_regressions(
    report_hash: str, caller: Reader, found: ResourcesDep, limit: Annotated[int, Query(ge=1, le=200)] = 20
) -> list[Regression]:
    """Messages under both prompts side by side, worst first, with their text as it stands now."""
    async with tenant_transaction(found.pool, caller) as connection:
        report = await get_report(connection, caller.tenant_id, report_hash)
        rows = await regressions_of(connection, report, tenant_ids=[caller.tenant_id], limit=limit)
        return [Regression.model_validate(row) for row in rows]


@router.get(
    "/api/experiments/reports/{report_hash}", operation_id="get_report", responses=problems(401, 403, 404, 422, 503)
)
async def get_one_report(report_hash: str, caller: Reader, found: ResourcesDep) -> ComparisonReport:
    """A report by its hash."""
    async with tenant_transaction(found.pool, caller) as connection:
        return ComparisonReport.of(await get_report(connection, caller.tenant_id, report_hash))


@router.get("/api/experiments/{run_id}", operation_id="get_experiment_run", responses=problems(401, 403, 404, 422, 503))
async def get_experiment(run_id: UUID, caller: Reader, found: ResourcesDep) -> ExperimentRun:
    """A replay with its counts, which a sensor brings up to date every few seconds while it runs."""
    async with tenant_transaction(found.pool, caller) as connection:
        return ExperimentRun.of(await get_run(connection, caller.tenant_id, run_id))


@router.post(
    "/api/experiments/{run_id}/cancel",
    operation_id="cancel_experiment_run",
    responses=problems(401, 402, 403, 404, 409, 422, 503),
)
async def post_cancel(run_id: UUID, caller: Owner, found: ResourcesDep) -> ExperimentRun:
    """Cancel a replay. Answers that are there already stay and are reused by the next one."""
    async with tenant_transaction(found.pool, caller) as connection:
        await ask_to_cancel(connection, await get_run(connection, caller.tenant_id, run_id))
        return ExperimentRun.of(await get_run(connection, caller.tenant_id, run_id))
