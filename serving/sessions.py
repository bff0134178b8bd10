"""What a log-in answers: the access token in the body, the refresh token in a cookie that scripts can't read."""

from __future__ import annotations

from datetime import datetime

from fastapi import Request, Response

from evosense.errors import NotPermitted
from evosense.tenants.access_tokens import LIFETIME_SECONDS
from evosense.tenants.login import LoggedIn
from serving.resources import Resources
from serving.schemas.auth import AccessToken

COOKIE = "evosense_refresh"
COOKIE_PATH = "/api/auth"


def refuse_foreign_pages(request: Request, found: Resources) -> None:
    """Raise NotPermitted for a page of another site, which a browser would send the cookie for."""
    if not found.origins.allows(request.headers.get("origin"), request.headers.get("host")):
        message = "This page is not EvoSense's own; see PUBLIC_URL"
        raise NotPermitted(message)


def open_session(response: Response, found: Resources, session: LoggedIn) -> AccessToken:
    """Answer a log-in."""
    set_cookie(response, found, session.refresh_token, session.refresh_expires_at)
    who = session.login
    token = found.tokens.issue(user_id=who.user_id, tenant_id=who.tenant_id, role=who.role)
    return AccessToken(access_token=token, expires_in=LIFETIME_SECONDS, tenant_id=who.tenant_id, role=who.role)


def set_cookie(response: Response, found: Resources, token: str, expires_at: datetime) -> None:
    """Put the refresh token into its cookie."""
    response.set_cookie(
        COOKIE,
        token,
        expires=expires_at,
        path=COOKIE_PATH,
        secure=found.origins.is_https,
        httponly=True,
        samesite="lax",
    )
