"""Logging in and out. The access token goes to the caller, the refresh token into a cookie that scripts can't read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Cookie, Request, Response
from starlette.status import HTTP_204_NO_CONTENT

from evosense.errors import NotAuthenticated, RateLimited
from evosense.tenants import refresh_tokens
from evosense.tenants.access_tokens import LIFETIME_SECONDS
from evosense.tenants.login import log_in
from serving.dependencies import ResourcesDep, client_address, device_of
from serving.schemas.auth import AccessToken, Credentials
from serving.schemas.problem import problems
from serving.sessions import COOKIE, COOKIE_PATH, open_session, refuse_foreign_pages, set_cookie

router = APIRouter(tags=["auth"])
RefreshCookie = Annotated[str | None, Cookie(alias=COOKIE, max_length=200)]


@router.post("/api/auth/login", operation_id="login", responses=problems(401, 413, 422, 429, 503))
async def login(credentials: Credentials, request: Request, response: Response, found: ResourcesDep) -> AccessToken:
    """Exchange e-mail and password for an access token (10 minutes) and a refresh cookie (30 days)."""
    refuse_foreign_pages(request, found)
    email = credentials.email.strip()
    try:
        await found.login_limits.check(email, client_address(request))
        session = await log_in(
            found.pool,
            email=email,
            password=credentials.password.get_secret_value(),
            device=device_of(request),
            now=datetime.now(UTC),
        )
    except RateLimited:
        found.monitoring.login("limited")
        raise
    except NotAuthenticated:
        found.monitoring.login("refused")
        await found.login_limits.failed(email)
        raise
    found.monitoring.login("ok")
    return open_session(response, found, session)


@router.post("/api/auth/refresh", operation_id="refresh", responses=problems(401, 403, 429, 503))
async def refresh(
    request: Request, response: Response, found: ResourcesDep, cookie: RefreshCookie = None
) -> AccessToken:
    """Exchange the refresh cookie for a new access token and the next refresh cookie. Each cookie works once."""
    refuse_foreign_pages(request, found)
    if cookie is None:
        raise NotAuthenticated
    address = client_address(request)
    await found.login_limits.check_refresh(address)
    try:
        renewed = await refresh_tokens.renew(found.pool, cookie, device=device_of(request))
    except NotAuthenticated:
        await found.login_limits.refused_refresh(address)
        raise
    set_cookie(response, found, renewed.token, renewed.expires_at)
    token = found.tokens.issue(user_id=renewed.user_id, tenant_id=renewed.tenant_id, role=renewed.role)
    return AccessToken(access_token=token, expires_in=LIFETIME_SECONDS, tenant_id=renewed.tenant_id, role=renewed.role)


@router.post("/api/auth/logout", operation_id="logout", status_code=HTTP_204_NO_CONTENT, responses=problems(403, 503))
async def logout(request: Request, response: Response, found: ResourcesDep, cookie: RefreshCookie = None) -> None:
    """End this log-in: its refresh tokens die at once, its access token within ten minutes. Never fails."""
    refuse_foreign_pages(request, found)
    if cookie:
        await refresh_tokens.close_family(found.pool, cookie)
    response.delete_cookie(COOKIE, path=COOKIE_PATH, secure=found.origins.is_https, httponly=True, samesite="lax")
