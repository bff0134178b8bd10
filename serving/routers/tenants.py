"""A company's KPIs: over a period, and day by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from evosense.ai.registered_models import by_hashes
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import InvalidInput
from evosense.metrics.repository import daily, summary
from serving.dependencies import Allowed, ResourcesDep, own_tenant
from serving.schemas.kpis import DailySeries, Day, Metrics
from serving.schemas.problem import problems

router = APIRouter(tags=["kpis"])
Reader = Annotated[Actor, Depends(Allowed("read_metrics"))]
_MAX_DAYS = 800
_FIRST, _LAST = date(2009, 1, 1), date(2199, 12, 31)
_Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]
_FROM: Any = Query(alias="from", description="First local day")
_TO: Any = Query(alias="to", description="Last local day, included")


@router.get(
    "/api/tenants/{tenant_id}/metrics", operation_id="get_tenant_metrics", responses=problems(401, 403, 404, 422, 503)
)
async def get_tenant_metrics(
    tenant_id: str,
    caller: Reader,
    found: ResourcesDep,
    from_day: Annotated[_Day | None, _FROM] = None,
    to_day: Annotated[_Day | None, _TO] = None,
) -> Metrics:
    """The KPIs of a period in the company's local days; by default of all its messages until today."""
    own = own_tenant(caller, tenant_id)
    if from_day and to_day:
        _check(from_day, to_day)
    elif from_day or to_day:
        message = "Give both `from` and `to`, or neither"
        raise InvalidInput(message)
    async with tenant_transaction(found.pool, caller) as connection:
        metrics = await summary(connection, own, from_day, to_day, found.memory)
        models = await by_hashes(connection, own, metrics.kpis.messages.config_hashes)
    return Metrics.of(own, metrics, models)


@router.get(
    "/api/tenants/{tenant_id}/kpis", operation_id="get_tenant_kpis", responses=problems(401, 403, 404, 422, 503)
)
async def get_tenant_kpis(
    tenant_id: str,
    caller: Reader,
    found: ResourcesDep,
    from_day: Annotated[_Day, _FROM],
    to_day: Annotated[_Day, _TO],
) -> DailySeries:
    """The KPIs of each local day from `from` to `to`, both included."""
    own = own_tenant(caller, tenant_id)
    _check(from_day, to_day)
    async with tenant_transaction(found.pool, caller) as connection:
        days = await daily(connection, own, from_day, to_day, found.memory)
    return DailySeries(tenant_id=own, days=[Day.of(day) for day in days])


def _check(from_day: date, to_day: date) -> None:
    if from_day > to_day:
        message = "`from` must not be after `to`"
        raise InvalidInput(message)
    if to_day - from_day > timedelta(days=_MAX_DAYS):
        message = f"Ask for {_MAX_DAYS} days at most"
        raise InvalidInput(message)
