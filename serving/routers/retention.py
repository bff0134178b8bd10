"""Who comes back and who does not."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Response

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import InvalidInput
from evosense.metrics.retention.activity import activity, period_of
from evosense.metrics.retention.cohorts import cohort_contacts, cohorts
from evosense.metrics.retention.contacts import contacts_seen
from evosense.metrics.retention.lifecycle import StageName, lifecycle, stage_contacts, stickiness
from evosense.metrics.retention.silent_churn import endings, silent_churn
from evosense.metrics.stitch import clock, find_seam
from serving.dependencies import Allowed, ResourcesDep, own_tenant
from serving.period import Day, PeriodDep
from serving.schemas.problem import problems
from serving.schemas.retention import (
    ChurnedList,
    CohortContactsQuery,
    ContactList,
    Grain,
    RetentionQuery,
    RetentionReport,
    StageRow,
    StickinessReport,
)

router = APIRouter(tags=["retention"])
Reader = Annotated[Actor, Depends(Allowed("read_metrics"))]
_ERRORS = problems(401, 402, 403, 404, 422, 503)
_MAX_PERIODS = 120


def _check(periods: int) -> None:
    if not 0 < periods <= _MAX_PERIODS:
        message = f"Ask for 1 to {_MAX_PERIODS} periods; a coarser grain covers more days"
        raise InvalidInput(message)


@router.get("/api/tenants/{tenant_id}/retention", operation_id="get_retention", responses=_ERRORS)
async def get_retention(
    tenant_id: str, query: Annotated[RetentionQuery, Query()], caller: Reader, found: ResourcesDep
) -> RetentionReport:
    """Of the contacts who began in each period, the share that came back, with Wilson intervals.

    A contact begins with its first customer message ever; days, ISO weeks and months are the company's own.
    """
    own = own_tenant(caller, tenant_id)
    first, last = period_of(query.from_day, query.grain), period_of(query.to_day, query.grain)
    _check(last - first + 1)
    async with tenant_transaction(found.pool, caller) as connection:
        today = (await clock(connection, own)).today
        known = await activity(connection, own, today, query.grain, found.memory)
    return RetentionReport.model_validate(cohorts(known, first, last, query.rules()))


@router.get("/api/tenants/{tenant_id}/retention/contacts", operation_id="get_cohort_contacts", responses=_ERRORS)
async def get_cohort_contacts(
    tenant_id: str, query: Annotated[CohortContactsQuery, Query()], caller: Reader, found: ResourcesDep
) -> ContactList:
    """The contacts behind one cell of the retention report: who came back, or who did not."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        today = (await clock(connection, own)).today
        known = await activity(connection, own, today, query.grain, found.memory)
    cohort = period_of(query.cohort, query.grain)
    members = cohort_contacts(known, cohort, query.column, query.rules(), came_back=query.came_back)
    return ContactList.model_validate(contacts_seen(known, members, query.limit))


@router.get("/api/tenants/{tenant_id}/lifecycle", operation_id="get_lifecycle", responses=_ERRORS)
async def get_lifecycle(
    tenant_id: str, caller: Reader, found: ResourcesDep, period: PeriodDep, grain: Grain = "week"
) -> list[StageRow]:
    """New, returning, resurrecting and dormant contacts of each period; the first three together are the active."""
    own = own_tenant(caller, tenant_id)
    first, last = period_of(period.from_day, grain), period_of(period.to_day, grain)
    _check(last - first + 1)
    async with tenant_transaction(found.pool, caller) as connection:
        known = await activity(connection, own, period.to_day, grain, found.memory)
    return [StageRow.model_validate(stage) for stage in lifecycle(known, first, last)]


@router.get("/api/tenants/{tenant_id}/lifecycle/contacts", operation_id="get_lifecycle_contacts", responses=_ERRORS)
async def get_lifecycle_contacts(
    tenant_id: str,
    caller: Reader,
    found: ResourcesDep,
    stage: StageName,
    starts_on: Annotated[Day, Query(description="A day of the period")],
    grain: Grain = "week",
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> ContactList:
    """The contacts behind one number of the lifecycle."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        today = (await clock(connection, own)).today
        known = await activity(connection, own, today, grain, found.memory)
    members = stage_contacts(known, period_of(starts_on, grain), stage)
    return ContactList.model_validate(contacts_seen(known, members, limit))


@router.get("/api/tenants/{tenant_id}/stickiness", operation_id="get_stickiness", responses=_ERRORS)
async def get_stickiness(
    tenant_id: str, caller: Reader, found: ResourcesDep, period: PeriodDep, grain: Grain = "day"
) -> StickinessReport:
    """In how many days, weeks or months of the period contacts wrote."""
    own = own_tenant(caller, tenant_id)
    first, last = period_of(period.from_day, grain), period_of(period.to_day, grain)
    _check(last - first + 1)
    async with tenant_transaction(found.pool, caller) as connection:
        known = await activity(connection, own, period.to_day, grain, found.memory)
    return StickinessReport.model_validate(stickiness(known, first, last))


@router.get(
    "/api/tenants/{tenant_id}/silent-churn",
    operation_id="get_silent_churn",
    response_class=Response,
    responses={200: {"model": ChurnedList}, **_ERRORS},
)
async def get_silent_churn(
    tenant_id: str,
    caller: Reader,
    found: ResourcesDep,
    period: PeriodDep,
    silent_days: Annotated[int, Query(ge=1, le=365, description="Silent for at least so many days")] = 14,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 200,
) -> Response:
    """Contacts whose last conversation of the period ended negative or unanswered, and who have been silent since."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        today = (await clock(connection, own)).today
        seam = await find_seam(connection, own, period.from_day, max(today, period.to_day), found.memory)
        known = await endings(connection, seam)
    churned = [one for one in silent_churn(known, today, silent_days) if one.local_day <= period.to_day]
    # Thousands of them: checking what we have made ourselves would take longer than finding it.
    return Response(orjson.dumps({"n": len(churned), "items": churned[:limit]}), media_type="application/json")
