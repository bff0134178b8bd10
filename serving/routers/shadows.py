"""Shadows: challengers that score a sample beside the champion, watched until harm, futility or readiness."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.experiments.readings import readings_of
from evosense.experiments.register_shadow import begin_shadow, register_shadow, stop_shadow
from evosense.experiments.registry import arms_of, events_of, get_experiment, list_experiments
from serving.dependencies import Allowed, ResourcesDep
from serving.schemas.problem import problems
from serving.schemas.shadows import NewShadow, Shadow, ShadowDetail

router = APIRouter(tags=["experiments"])
Reader = Annotated[Actor, Depends(Allowed("read_experiments"))]
Owner = Annotated[Actor, Depends(Allowed("run_experiments"))]


@router.get("/api/experiments/shadows", operation_id="list_shadows", responses=problems(401, 403, 422, 503))
async def get_shadows(caller: Reader, found: ResourcesDep) -> list[Shadow]:
    """Registered experiments of your company, newest first."""
    async with tenant_transaction(found.pool, caller) as connection:
        return [Shadow.of(one) for one in await list_experiments(connection, caller.tenant_id)]


@router.post(
    "/api/experiments/shadows",
    operation_id="register_shadow",
    status_code=201,
    responses=problems(401, 402, 403, 404, 409, 413, 422, 503),
)
async def post_shadow(shadow: NewShadow, caller: Owner, found: ResourcesDep) -> Shadow:
    """Write a question down. Nothing is sampled until it begins."""
    async with tenant_transaction(found.pool, caller) as connection:
        request = shadow.as_request(str(caller.user_id))
        return Shadow.of(await register_shadow(connection, caller.tenant_id, request))


@router.get(
    "/api/experiments/shadows/{experiment_id}",
    operation_id="get_shadow",
    responses=problems(401, 403, 404, 422, 503),
)
async def get_shadow(experiment_id: UUID, caller: Reader, found: ResourcesDep) -> ShadowDetail:
    """An experiment with its arms, the monitor's latest reading of each, and its decisions."""
    async with tenant_transaction(found.pool, caller) as connection:
        experiment = await get_experiment(connection, caller.tenant_id, experiment_id)
        return ShadowDetail.whole(
            experiment,
            await arms_of(connection, experiment),
            await readings_of(connection, experiment),
            await events_of(connection, experiment),
        )


@router.post(
    "/api/experiments/shadows/{experiment_id}/begin",
    operation_id="begin_shadow",
    responses=problems(401, 402, 403, 404, 409, 422, 503),
)
async def post_begin(experiment_id: UUID, caller: Owner, found: ResourcesDep) -> Shadow:
    """Freeze the question and sample from now on."""
    async with tenant_transaction(found.pool, caller) as connection:
        return Shadow.of(await begin_shadow(connection, caller.tenant_id, experiment_id, str(caller.user_id)))


@router.post(
    "/api/experiments/shadows/{experiment_id}/stop",
    operation_id="stop_shadow",
    responses=problems(401, 402, 403, 404, 409, 422, 503),
)
async def post_stop(experiment_id: UUID, caller: Owner, found: ResourcesDep) -> Shadow:
    """End it by hand; waiting calls are taken back within a minute."""
    async with tenant_transaction(found.pool, caller) as connection:
        return Shadow.of(await stop_shadow(connection, caller.tenant_id, experiment_id, str(caller.user_id)))
