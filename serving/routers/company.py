"""The company itself: its settings, what it uses of its plan, and who did what."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from evosense.billing.access import load_usage
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import InvalidInput
from evosense.tenants.audit import list_acts, record
from evosense.tenants.company import change_company, get_company
from serving.dependencies import Allowed, ResourcesDep, own_tenant
from serving.etags import etag_of, not_modified, require_unchanged
from serving.schemas.company import AuditEntry, AuditPage, CompanyChange, CompanyDetails, Usage
from serving.schemas.problem import problems
from serving.schemas.text import Text

router = APIRouter(tags=["company"])
_NOT_MODIFIED: dict[int | str, dict[str, str]] = {304: {"description": "As the caller has it by If-None-Match"}}


@router.get(
    "/api/tenants/{tenant_id}",
    operation_id="get_tenant",
    response_model=CompanyDetails,
    responses=problems(401, 403, 404, 503) | _NOT_MODIFIED,
)
async def get_tenant(
    tenant_id: str,
    caller: Annotated[Actor, Depends(Allowed("read_profile"))],
    found: ResourcesDep,
    request: Request,
    response: Response,
) -> CompanyDetails | Response:
    """Your company's name, plan, timezone and language, with an ETag."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        answer = CompanyDetails.of(await get_company(connection, own))
    return not_modified(request, response, answer) or answer


@router.patch(
    "/api/tenants/{tenant_id}",
    operation_id="change_tenant",
    responses=problems(401, 402, 403, 404, 412, 413, 422, 503),
)
async def patch_tenant(
    tenant_id: str,
    change: CompanyChange,
    caller: Annotated[Actor, Depends(Allowed("manage_company"))],
    found: ResourcesDep,
    request: Request,
    response: Response,
) -> CompanyDetails:
    """Change name, timezone or language; with If-Match only if nobody else did meanwhile."""
    own = own_tenant(caller, tenant_id)
    async with tenant_transaction(found.pool, caller) as connection:
        require_unchanged(request, CompanyDetails.of(await get_company(connection, own)))
        await change_company(connection, own, **change.model_dump(exclude_none=True))
        fields = {"fields": sorted(change.model_dump(exclude_none=True))}
        target = f"tenant:{own}"
        await record(connection, own, actor=caller.name, action="company_changed", target=target, detail=fields)
        answer = CompanyDetails.of(await get_company(connection, own))
    response.headers["ETag"] = etag_of(answer)
    return answer


@router.get("/api/usage", operation_id="get_usage", responses=problems(401, 403, 503))
async def get_usage(caller: Annotated[Actor, Depends(Allowed("read_entitlements"))], found: ResourcesDep) -> Usage:
    """What your plan gives and how much of it is in use."""
    async with tenant_transaction(found.pool, caller) as connection:
        return Usage.of(*await load_usage(connection, caller.tenant_id))


@router.get("/api/audit-log", operation_id="list_audit_log", responses=problems(401, 402, 403, 422, 503))
async def get_audit_log(
    caller: Annotated[Actor, Depends(Allowed("read_audit_log"))],
    found: ResourcesDep,
    page: Annotated[Text | None, Query(max_length=64, description="`next_page` of the page before")] = None,
    action: Annotated[Text | None, Query(max_length=80, description="Only this kind of act")] = None,
    actor: Annotated[Text | None, Query(max_length=120, description="Only what this one did")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AuditPage:
    """Who did what in your company, the newest first. Ids and codes only; entries are never changed or deleted."""
    async with tenant_transaction(found.pool, caller) as connection:
        acts = await list_acts(
            connection, caller.tenant_id, before=_before(page), action=action, actor=actor, limit=limit + 1
        )
    shown = acts[:limit]
    following = str(shown[-1].id) if len(acts) > limit else None
    return AuditPage(items=[AuditEntry.of(act) for act in shown], next_page=following)


def _before(page: str | None) -> UUID | None:
    if page is None:
        return None
    try:
        return UUID(page)
    except ValueError:
        message = "`page` is not one that this API gave; begin without it"
        raise InvalidInput(message) from None
