"""Who is calling."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from evosense.db.tenancy import Actor
from evosense.errors import NotAuthenticated, NotFound
from evosense.tenants.login import get_person
from serving.dependencies import Allowed, ResourcesDep
from serving.schemas.auth import Company, Me
from serving.schemas.problem import problems

router = APIRouter(tags=["auth"])


@router.get("/api/me", operation_id="get_me", responses=problems(401, 403, 503))
async def get_me(caller: Annotated[Actor, Depends(Allowed("read_profile"))], found: ResourcesDep) -> Me:
    """The person behind the token, and their company."""
    try:
        person = await get_person(found.pool, caller)
    except NotFound:
        # Removed since the token was issued.
        raise NotAuthenticated from None
    company = Company(
        id=person.tenant_id,
        name=person.tenant_name,
        plan=person.plan_id,
        status=person.tenant_status,
        timezone=person.timezone,
    )
    return Me(id=person.user_id, name=person.name, email=person.email, role=person.role, tenant=company)
