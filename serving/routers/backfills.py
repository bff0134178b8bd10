"""Past days of a company worked on again: scored, embedded, built."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from evosense.backfills.models import Kind, State
from evosense.backfills.repository import cancel_backfill, get_backfill, list_backfills, request_backfill
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.scoring.backfill import estimate
from serving.dependencies import Allowed, ResourcesDep
from serving.pages import LINKED, PageById, one_page
from serving.schemas.problem import problems

router = APIRouter(tags=["backfills"])
Reader = Annotated[Actor, Depends(Allowed("read_backfills"))]
Owner = Annotated[Actor, Depends(Allowed("run_backfills"))]
_FIRST, _LAST = date(2009, 1, 1), date(2199, 12, 31)
_Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]


class NewBackfill(BaseModel):
    """Which of your company's local days to work on again, both included; only what is missing is done and paid for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"kind": "scoring", "first_day": "2026-11-01", "last_day": "2026-11-20"}},
    )

    kind: Kind = Field(description="scoring and embeddings ask for what is missing; warehouse builds the days again")
    first_day: _Day
    last_day: _Day
    max_cost_usd: float | None = Field(
        default=None, ge=0, description="Refuse scoring that would cost more, by the calls of the last week"
    )


class BackfillEstimate(BaseModel):
    """What scoring the missing messages of some days would take, by the calls of the last week."""

    model_config = ConfigDict(from_attributes=True)

    messages: int = Field(description="Messages that lack a score")
    cost_usd: float
    seconds: float = Field(description="Until all are scored, when nothing else is")


class BackfillStatus(BaseModel):
    """A backfill and how far it is."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: Kind
    first_day: date
    last_day: date
    state: State
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    items: int = Field(description="Messages (scoring, embeddings) or days (warehouse)")
    items_done: int
    error_class: str | None = Field(description="Why it failed, as a code")


@router.post(
    "/api/backfills",
    operation_id="request_backfill",
    status_code=202,
    responses=problems(401, 402, 403, 413, 422, 503),
)
async def post_backfill(wanted: NewBackfill, caller: Owner, found: ResourcesDep) -> BackfillStatus:
    """Ask for past days to be scored, embedded or built again, in the background. One that waits is answered."""
    async with tenant_transaction(found.pool, caller) as connection:
        backfill_id = await request_backfill(
            connection,
            wanted.kind,
            wanted.first_day,
            wanted.last_day,
            requested_by=f"user:{caller.user_id}",
            tenant_id=caller.tenant_id,
            max_cost_usd=wanted.max_cost_usd,
        )
        return BackfillStatus.model_validate(await get_backfill(connection, caller.tenant_id, backfill_id))


@router.get("/api/backfills/estimate", operation_id="estimate_backfill", responses=problems(401, 403, 422, 503))
async def get_estimate(
    first_day: Annotated[_Day, Query(description="First local day", examples=["2026-11-01"])],
    last_day: Annotated[_Day, Query(description="Last local day, included", examples=["2026-11-20"])],
    caller: Reader,
    found: ResourcesDep,
) -> BackfillEstimate:
    """What scoring the missing messages of these local days, both included, would cost and how long it would take."""
    async with tenant_transaction(found.pool, caller) as connection:
        expected = await estimate(connection, first_day, last_day, caller.tenant_id, slots=found.fleet.slots)
    return BackfillEstimate.model_validate(expected)


@router.get("/api/backfills", operation_id="list_backfills", responses=LINKED | problems(401, 403, 422, 503))
async def get_backfills(
    caller: Reader,
    found: ResourcesDep,
    request: Request,
    response: Response,
    page: PageById = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[BackfillStatus]:
    """Backfills of your company, newest first."""
    async with tenant_transaction(found.pool, caller) as connection:
        listed = await list_backfills(connection, caller.tenant_id, before=page, limit=limit + 1)
    return [
        BackfillStatus.model_validate(one) for one in one_page(request, response, listed, limit, lambda one: one.id)
    ]


@router.get("/api/backfills/{backfill_id}", operation_id="get_backfill", responses=problems(401, 403, 404, 422, 503))
async def get_one_backfill(backfill_id: UUID, caller: Reader, found: ResourcesDep) -> BackfillStatus:
    """A backfill with how far it is."""
    async with tenant_transaction(found.pool, caller) as connection:
        return BackfillStatus.model_validate(await get_backfill(connection, caller.tenant_id, backfill_id))


@router.post(
    "/api/backfills/{backfill_id}/cancel",
    operation_id="cancel_backfill",
    responses=problems(401, 402, 403, 404, 409, 422, 503),
)
async def post_cancel(backfill_id: UUID, caller: Owner, found: ResourcesDep) -> BackfillStatus:
    """Cancel a backfill; what it has put into the queue is still done."""
    async with tenant_transaction(found.pool, caller) as connection:
        await cancel_backfill(connection, caller.tenant_id, backfill_id)
        return BackfillStatus.model_validate(await get_backfill(connection, caller.tenant_id, backfill_id))
