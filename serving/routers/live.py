"""Live events for those who ask instead of listening, or who come back after a break."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.live.catch_up import catch_up
from serving.dependencies import Allowed, ResourcesDep
from serving.schemas.live import CatchUpPage, LiveFrame
from serving.schemas.problem import problems

router = APIRouter(tags=["live"])
_MAX_SEQ = 2**63 - 1


@router.get("/api/live", operation_id="get_live_events", responses=problems(401, 403, 422, 503))
async def get_live_events(
    caller: Annotated[Actor, Depends(Allowed("hear_live"))],
    found: ResourcesDep,
    since: Annotated[int, Query(ge=0, le=_MAX_SEQ, description="The last number that you have heard")],
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
) -> CatchUpPage:
    """What happened after `since`, in order and without holes; events are kept for 72 hours."""
    async with tenant_transaction(found.pool, caller) as connection:
        missed = await catch_up(connection, caller.tenant_id, since, limit=limit)
    frames = [
        LiveFrame(seq=event.seq, type=event.type, payload=event.payload)
        for event in missed.events
        if event.is_for(caller.role)
    ]
    return CatchUpPage(events=frames, newest=missed.newest, has_more=missed.has_more, resync=missed.resync)
