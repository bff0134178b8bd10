"""How the work goes: waits, models' answers, coverage with gaps, business hours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from evosense.conversations.business_hours import business_hours, set_business_hours
from evosense.conversations.repository import session_gap
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.coverage import coverage, together
from evosense.metrics.gaps import gaps, hours_with_gaps
from evosense.metrics.intervals import wilson
from evosense.metrics.latency import answers, daily_answers
from evosense.metrics.response_times import response_times
from evosense.metrics.stitch import find_seam
from serving.dependencies import Allowed, ResourcesDep, own_tenant
from serving.etags import not_modified, require_unchanged
from serving.period import PeriodDep
from serving.schemas.metrics import Bounds
from serving.schemas.operations import (
    AnswerDay,
    AnswerReport,
    Answers,
    Calendar,
    Coverage,
    CoverageDay,
    CoverageReport,
    Gap,
    NewCalendar,
    ResponseTimes,
)
from serving.schemas.problem import problems

router = APIRouter(tags=["operations"])
Reader = Annotated[Actor, Depends(Allowed("read_metrics"))]
Setter = Annotated[Actor, Depends(Allowed("set_business_hours"))]
_ERRORS = problems(401, 402, 403, 404, 422, 503)
_Connection = Annotated[UUID | None, Query(description="Only this connection")]


@router.get("/api/tenants/{tenant_id}/response-times", operation_id="get_response_times", responses=_ERRORS)
async def get_response_times(
    tenant_id: str, caller: Reader, found: ResourcesDep, period: PeriodDep, connection_id: _Connection = None
) -> ResponseTimes:
    """How long customers waited in the conversations that began in the period, by the clock and by business hours."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        seam = await find_seam(connection, own, period.from_day, period.to_day, found.memory)
        gap = await session_gap(connection, own)
        known = await response_times(connection, seam, gap, datetime.now(UTC), connection_id)
    return ResponseTimes.model_validate(known)


@router.get("/api/tenants/{tenant_id}/latency", operation_id="get_latency", responses=_ERRORS)
async def get_latency(tenant_id: str, caller: Reader, found: ResourcesDep, period: PeriodDep) -> AnswerReport:
    """How quickly, how well and at what cost models answered, by purpose and by the day of the answer."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        seam = await find_seam(connection, own, period.from_day, period.to_day, found.memory)
        purposes = await answers(connection, seam)
        days = await daily_answers(connection, seam)
    failed = sum(item.unanswered for item in purposes)
    calls = failed + sum(item.inferences + item.invalid + item.truncated + item.refused for item in purposes)
    rate = wilson(failed, calls)
    return AnswerReport(
        error_rate=Bounds.model_validate(rate) if rate else None,
        purposes=[Answers.model_validate(item) for item in purposes],
        days=[
            AnswerDay(day=day, purposes=[Answers.model_validate(item) for item in each]) for day, each in days.items()
        ],
    )


@router.get("/api/tenants/{tenant_id}/coverage", operation_id="get_coverage", responses=_ERRORS)
async def get_coverage(
    tenant_id: str, caller: Reader, found: ResourcesDep, period: PeriodDep, connection_id: _Connection = None
) -> CoverageReport:
    """How much of what was said is scored and embedded, how much room it takes, and where messages may be missing."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        seam = await find_seam(connection, own, period.from_day, period.to_day, found.memory)
        days = await coverage(connection, seam, connection_id)
        known = await gaps(connection, seam, connection_id)
        holes = {day for day, _ in await hours_with_gaps(connection, seam, connection_id)}
    return CoverageReport(
        total=Coverage.model_validate(together(days.values())),
        days=[
            CoverageDay(day=day, has_gap=day in holes, **Coverage.model_validate(item).model_dump())
            for day, item in days.items()
        ],
        gaps=[Gap.model_validate(item) for item in known],
    )


@router.get(
    "/api/tenants/{tenant_id}/business-hours",
    operation_id="get_business_hours",
    response_model=Calendar,
    responses=_ERRORS,
)
async def get_business_hours(
    tenant_id: str, caller: Reader, found: ResourcesDep, request: Request, response: Response
) -> Calendar | Response:
    """When the company's people are at work; without any hours, waits are counted by the clock only."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        answer = Calendar.of(await business_hours(connection, own))
    return not_modified(request, response, answer) or answer


@router.put(
    "/api/tenants/{tenant_id}/business-hours",
    operation_id="set_business_hours",
    responses=_ERRORS | problems(412),
)
async def put_business_hours(
    tenant_id: str, calendar: NewCalendar, caller: Setter, found: ResourcesDep, request: Request
) -> Calendar:
    """Replace the company's calendar, with If-Match only if nobody else did meanwhile; past waits follow at once."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        require_unchanged(request, Calendar.of(await business_hours(connection, own)))
        await set_business_hours(connection, own, calendar.as_openings(), calendar.as_holidays())
        return Calendar.of(await business_hours(connection, own))
