"""Alerts by mail: each person chooses for themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.alerts.readers import choose, is_reader
from serving.dependencies import Allowed, ResourcesDep, own_user
from serving.schemas.alerts import AlertLetters, AlertLettersChoice
from serving.schemas.problem import problems

router = APIRouter(tags=["alerts"])


@router.get("/api/me/alert-letters", operation_id="get_alert_letters", responses=problems(401, 402, 403, 503))
async def get_choice(caller: Annotated[Actor, Depends(Allowed("read_profile"))], found: ResourcesDep) -> AlertLetters:
    """Whether you get the alerts of the day before by mail, at seven in the morning of your company's timezone."""
    async with tenant_transaction(found.pool, caller) as connection:
        is_wanted = await is_reader(connection, caller.tenant_id, own_user(caller))
    return AlertLetters(is_wanted=is_wanted, is_possible=found.mailer.delivers)


@router.put(
    "/api/me/alert-letters", operation_id="choose_alert_letters", responses=problems(401, 402, 403, 413, 422, 503)
)
async def put_choice(
    choice: AlertLettersChoice, caller: Annotated[Actor, Depends(Allowed("choose_alert_letters"))], found: ResourcesDep
) -> AlertLetters:
    """Get them from now on, or no longer. A day without alerts makes no letter."""
    async with tenant_transaction(found.pool, caller) as connection:
        await choose(connection, caller.tenant_id, own_user(caller), wanted=choice.is_wanted)
    return AlertLetters(is_wanted=choice.is_wanted, is_possible=found.mailer.delivers)
