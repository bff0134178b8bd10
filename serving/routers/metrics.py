"""Metrics of the registry: what they mean, over time, by hour of the week, ranked, and what is behind a number."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import InvalidInput
from evosense.metrics.emotions import emotions
from evosense.metrics.explain import explain
from evosense.metrics.leaderboards import By, leaderboard
from evosense.metrics.registry import BY_NAME, METRICS
from evosense.metrics.series import Grain, heatmap, series
from evosense.metrics.stitch import find_seam
from serving.dependencies import Allowed, ResourcesDep, own_tenant
from serving.metric_names import metric_named
from serving.period import PeriodDep
from serving.schemas.metrics import (
    Described,
    EmotionReport,
    Explanation,
    Heatmap,
    Leaderboard,
    MetricCell,
    MetricSeries,
    Standing,
)
from serving.schemas.problem import problems

router = APIRouter(tags=["metrics"])
Reader = Annotated[Actor, Depends(Allowed("read_metrics"))]
_ERRORS = problems(401, 402, 403, 404, 422, 503)
_MAX_HOURS_DAYS = 92
_NAMES = f"of the registry (GET /api/metrics says what they mean): {', '.join(BY_NAME)}"
_Name = Annotated[str, Query(description=f"A metric {_NAMES}", max_length=60)]
_Connection = Annotated[UUID | None, Query(description="Only this connection")]


@router.get("/api/metrics", operation_id="list_metrics", responses=problems(401, 402, 403, 503))
async def list_metrics(caller: Reader) -> list[Described]:
    """Every metric: what it means, what it rests on, from which n on it may be compared."""
    return [Described.model_validate(metric) for metric in METRICS]


@router.get("/api/tenants/{tenant_id}/series", operation_id="get_series", responses=_ERRORS)
async def get_series(
    tenant_id: str,
    caller: Reader,
    found: ResourcesDep,
    period: PeriodDep,
    metric: Annotated[list[str], Query(min_length=1, max_length=20, description=f"Metrics {_NAMES}")],
    grain: Grain = "day",
    connection_id: _Connection = None,
) -> MetricSeries:
    """Metrics over time, each cell with n, a 95 % interval, coverage, and the prompts and models behind it.

    Days, weeks (ISO) and months are the company's own. `hour` takes 92 days at most.
    """
    own = own_tenant(caller, tenant_id)
    metrics = [metric_named(name) for name in dict.fromkeys(metric)]
    if grain == "hour" and (period.to_day - period.from_day).days >= _MAX_HOURS_DAYS:
        message = f"Ask for {_MAX_HOURS_DAYS} days at most by the hour"
        raise InvalidInput(message)
    async with tenant_transaction(found.pool, caller) as connection:
        seam = await find_seam(connection, own, period.from_day, period.to_day, found.memory)
        cells = await series(connection, seam, metrics, grain, connection_id)
    return MetricSeries(
        tenant_id=own,
        grain=grain,
        metrics=[Described.model_validate(one) for one in metrics],
        cells=[MetricCell.model_validate(cell) for cell in cells],
    )


@router.get("/api/tenants/{tenant_id}/heatmap", operation_id="get_heatmap", responses=_ERRORS)
async def get_heatmap(
    tenant_id: str,
    caller: Reader,
    found: ResourcesDep,
    period: PeriodDep,
    metric: _Name = "messages_in",
    connection_id: _Connection = None,
) -> Heatmap:
    """A metric by hour of the week over the whole period, Monday 0 h to Sunday 23 h."""
    own = own_tenant(caller, tenant_id)
    wanted = metric_named(metric)
    async with tenant_transaction(found.pool, caller) as connection:
        seam = await find_seam(connection, own, period.from_day, period.to_day, found.memory)
        cells = await heatmap(connection, seam, wanted, connection_id)
    return Heatmap(
        tenant_id=own,
        metric=Described.model_validate(wanted),
        cells=[MetricCell.model_validate(cell) for cell in cells],
    )


@router.get("/api/tenants/{tenant_id}/leaderboards", operation_id="get_leaderboard", responses=_ERRORS)
async def get_leaderboard(
    tenant_id: str,
    caller: Reader,
    found: ResourcesDep,
    period: PeriodDep,
    metric: _Name = "satisfaction_mean",
    by: By = "connection",
) -> Leaderboard:
    """Connections, or authors where they are known, ranked by the certain bound of their interval.

    So one of one never leads: below n = 20 nobody has a place, below n = 5 no value is shown.
    """
    own = own_tenant(caller, tenant_id)
    wanted = metric_named(metric)
    async with tenant_transaction(found.pool, caller) as connection:
        seam = await find_seam(connection, own, period.from_day, period.to_day, found.memory)
        standings = await leaderboard(connection, seam, wanted, by)
    return Leaderboard(
        tenant_id=own,
        metric=Described.model_validate(wanted),
        by=by,
        standings=[Standing.model_validate(standing) for standing in standings],
    )


@router.get("/api/tenants/{tenant_id}/emotions", operation_id="get_emotions", responses=_ERRORS)
async def get_emotions(
    tenant_id: str, caller: Reader, found: ResourcesDep, period: PeriodDep, connection_id: _Connection = None
) -> EmotionReport:
    """The emotions that the model saw in customer messages, with Wilson intervals, and their counts by day."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        seam = await find_seam(connection, own, period.from_day, period.to_day, found.memory)
        return EmotionReport.model_validate(await emotions(connection, seam, connection_id))


@router.get("/api/tenants/{tenant_id}/explain", operation_id="explain_metric", responses=_ERRORS)
async def explainmetric_named(
    tenant_id: str,
    caller: Reader,
    found: ResourcesDep,
    period: PeriodDep,
    metric: _Name,
    hour: Annotated[int | None, Query(ge=0, le=23, description="Only this local hour of the days")] = None,
    weekday: Annotated[int | None, Query(ge=1, le=7, description="Only this ISO weekday; Monday is 1")] = None,
    connection_id: _Connection = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Explanation:
    """The ids of every message, conversation or answer that a number counts or rests on.

    Open a conversation with `GET /api/conversations/{id}`; it takes the id of any of its messages.
    """
    own = own_tenant(caller, tenant_id)
    wanted = metric_named(metric)
    async with tenant_transaction(found.pool, caller) as connection:
        seam = await find_seam(connection, own, period.from_day, period.to_day, found.memory)
        known = await explain(
            connection,
            seam,
            wanted,
            hour=hour,
            weekday=weekday,
            connection_id=connection_id,
            limit=limit,
            offset=offset,
        )
    return Explanation.model_validate(known)
