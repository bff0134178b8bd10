"""For the people who run the platform: companies, contracts, and what they themselves did.

Apart from all other routes: own log-in, own tokens, own database role, which reads no conversation.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Security, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from evosense.billing.agreements import agree_on_limit
from evosense.billing.models import Meter
from evosense.errors import NotAuthenticated
from evosense.mail import letters
from evosense.platform.admins import log_in, platform_transaction
from evosense.platform.companies import (
    Trial,
    get_company,
    list_companies,
    list_platform_acts,
    look_after,
    open_company,
)
from evosense.platform.retention import platform_retention
from evosense.platform.tokens import LIFETIME_SECONDS
from evosense.tenants.invitations import LIFETIME
from serving.dependencies import ResourcesDep, client_address, link_address
from serving.schemas.auth import Credentials
from serving.schemas.company import AuditEntry, AuditPage
from serving.schemas.platform import (
    Care,
    ContractLimit,
    NewCompany,
    OpenedCompany,
    PlatformCompanies,
    PlatformCompany,
    PlatformToken,
    SignupCohort,
)
from serving.schemas.problem import problems

router = APIRouter(prefix="/api/platform", tags=["platform"])
_bearer = HTTPBearer(
    auto_error=False, scheme_name="PlatformBearer", description="The access token of POST /api/platform/login"
)
_LISTS = problems(401, 422, 503)
_ONE = problems(401, 404, 409, 413, 422, 503)
_Limit = Annotated[int, Query(ge=1, le=200)]


async def platform_admin(
    found: ResourcesDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> UUID:
    """Who of the platform's people is calling. Raises NotAuthenticated."""
    if credentials is None:
        raise NotAuthenticated
    return found.platform.tokens.check(credentials.credentials)


Admin = Annotated[UUID, Depends(platform_admin)]


@router.post("/login", operation_id="platform_login", responses=problems(401, 413, 422, 429, 503))
async def post_login(credentials: Credentials, request: Request, found: ResourcesDep) -> PlatformToken:
    """Log in as somebody who runs the platform; the token is good for an hour and for these routes only."""
    account = f"platform:{credentials.email.strip()}"
    await found.login_limits.check(account, client_address(request))
    try:
        admin = await log_in(found.platform.pool, credentials.email.strip(), credentials.password.get_secret_value())
    except NotAuthenticated:
        await found.login_limits.failed(account)
        raise
    token = found.platform.tokens.issue(admin.admin_id)
    return PlatformToken(access_token=token, expires_in=LIFETIME_SECONDS)


@router.get("/tenants", operation_id="list_companies", responses=_LISTS)
async def get_tenants(
    admin_id: Admin,
    found: ResourcesDep,
    page: Annotated[UUID | None, Query(description="`next_page` of the page before")] = None,
    limit: _Limit = 50,
) -> PlatformCompanies:
    """Every company with its sizes, in the order of their making."""
    async with platform_transaction(found.platform.pool, admin_id) as (connection, _):
        companies = await list_companies(connection, after=page, limit=limit + 1)
    shown = [PlatformCompany.of(one) for one in companies[:limit]]
    return PlatformCompanies(items=shown, next_page=shown[-1].id if len(companies) > limit else None)


@router.post("/tenants", operation_id="open_company", status_code=status.HTTP_201_CREATED, responses=_ONE)
async def post_tenant(wish: NewCompany, admin_id: Admin, found: ResourcesDep) -> OpenedCompany:
    """Open a company and invite its first administrator by mail."""
    async with platform_transaction(found.platform.pool, admin_id) as (connection, admin):
        tenant_id, token = await open_company(
            connection,
            found.master,
            admin,
            name=wish.name,
            plan_id=wish.plan,
            timezone=wish.timezone,
            email=wish.email,
            now=datetime.now(UTC),
            trial=Trial(livemode=found.billing.livemode) if wish.trial else None,
        )
    link = f"{link_address(found)}/invitation#{token}"
    await found.mailer.send(letters.invitation(wish.email, wish.name, link, LIFETIME.days))
    return OpenedCompany(id=tenant_id, link=None if found.mailer.delivers else link)


@router.get("/tenants/{tenant_id}", operation_id="get_company", responses=_ONE)
async def get_tenant(tenant_id: UUID, admin_id: Admin, found: ResourcesDep) -> PlatformCompany:
    """One company."""
    async with platform_transaction(found.platform.pool, admin_id) as (connection, _):
        return PlatformCompany.of(await get_company(connection, tenant_id))


@router.patch("/tenants/{tenant_id}", operation_id="look_after_company", responses=_ONE)
async def patch_tenant(tenant_id: UUID, care: Care, admin_id: Admin, found: ResourcesDep) -> PlatformCompany:
    """Another plan or status, where no subscription decides; the company sees it in its audit log."""
    async with platform_transaction(found.platform.pool, admin_id) as (connection, admin):
        await look_after(connection, admin, tenant_id, plan_id=care.plan, status=care.status, reason=care.reason)
        return PlatformCompany.of(await get_company(connection, tenant_id))


@router.put(
    "/tenants/{tenant_id}/limits/{meter}",
    operation_id="set_contract_limit",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=_ONE,
)
async def put_limit(tenant_id: UUID, meter: Meter, limit: ContractLimit, admin_id: Admin, found: ResourcesDep) -> None:
    """What a contract says about a limit; it goes before plan and add-ons."""
    async with platform_transaction(found.platform.pool, admin_id) as (connection, admin):
        await agree_on_limit(connection, tenant_id, meter, limit.value, actor=admin.actor, reason=limit.reason)


@router.get("/retention", operation_id="get_platform_retention", responses=problems(401, 503))
async def get_retention(admin_id: Admin, found: ResourcesDep) -> list[SignupCohort]:
    """Logo and revenue retention of the platform's companies, by the month of their first paid invoice."""
    async with platform_transaction(found.platform.pool, admin_id) as (connection, _):
        return [SignupCohort.model_validate(cohort) for cohort in await platform_retention(connection)]


@router.get("/audit-log", operation_id="list_platform_acts", responses=_LISTS)
async def get_audit_log(
    admin_id: Admin,
    found: ResourcesDep,
    page: Annotated[UUID | None, Query(description="`next_page` of the page before")] = None,
    limit: _Limit = 50,
) -> AuditPage:
    """What the platform's people did, the newest first."""
    async with platform_transaction(found.platform.pool, admin_id) as (connection, _):
        acts = await list_platform_acts(connection, before=page, limit=limit + 1)
    shown = [AuditEntry.of(act) for act in acts[:limit]]
    return AuditPage(items=shown, next_page=str(shown[-1].id) if len(acts) > limit else None)
