"""What routes ask for: the resources of the process, and proof of who is calling."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from evosense.db.tenancy import Actor
from evosense.errors import NotAuthenticated, NotFound, NotPermitted
from evosense.tenants.api_keys import PREFIX
from serving.permissions import ALWAYS, Act, changes_something, require
from serving.resources import Resources

_bearer = HTTPBearer(
    auto_error=False, bearerFormat="JWT", description="The access token of POST /api/auth/login, or an API key (evk_…)"
)
_key_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key (evk_…)")


async def resources(request: Request) -> Resources:
    """The resources of this process."""
    return request.app.state.resources


ResourcesDep = Annotated[Resources, Depends(resources)]


async def actor(
    request: Request,
    found: ResourcesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    key: Annotated[str | None, Security(_key_header)],
) -> Actor:
    """Who is calling, by the access token or an API key. Raises NotAuthenticated, RateLimited."""
    token = credentials.credentials if credentials else key
    if token is None:
        raise NotAuthenticated
    caller = await _caller(found, token)
    found.access_log.note(caller, client_address(request))
    await found.request_limits.check(caller, request.method, route_of(request))
    return caller


async def _caller(found: Resources, token: str) -> Actor:
    if token.startswith(PREFIX):
        caller = await found.principals.by_key(token)
        structlog.contextvars.bind_contextvars(tenant_id=str(caller.tenant_id), api_key_id=str(caller.api_key_id))
        return caller
    access = found.tokens.check(token)
    await found.principals.require(access)
    structlog.contextvars.bind_contextvars(tenant_id=str(access.tenant_id), user_id=str(access.user_id))
    return access.actor


def route_of(request: Request) -> str:
    """The template of the route that was matched, as `/api/tenants/{tenant_id}/metrics`."""
    return getattr(request.scope.get("route"), "path", "unmatched")


ActorDep = Annotated[Actor, Depends(actor)]


class Allowed:
    """Dependency: the caller, if their role and their company's subscription allow `act`.

    Raises NotPermitted (role), SubscriptionRequired or ReadOnlyAccess (subscription).
    """

    def __init__(self, act: Act) -> None:
        self.act: Act = act

    async def __call__(self, caller: ActorDep, found: ResourcesDep) -> Actor:
        """The caller."""
        require(self.act, caller.role, caller.scopes)
        if self.act not in ALWAYS:
            await found.standings.require(caller.tenant_id, writing=changes_something(self.act))
        return caller


def own_tenant(caller: Actor, tenant_id: str) -> UUID:
    """The tenant of a path, if it is the caller's own; NotFound for any other, so that none can be guessed."""
    if tenant_id.lower() != str(caller.tenant_id):
        raise NotFound
    return caller.tenant_id


def own_user(caller: Actor) -> UUID:
    """The person who asks. Raises NotPermitted for a key, which has none behind it."""
    if caller.user_id is None:
        raise NotPermitted
    return caller.user_id


def public_address(request: Request, found: Resources) -> str:
    """The API's address as browsers and other servers see it, without a slash at the end."""
    return (found.settings.public_url or str(request.base_url)).rstrip("/")


def link_address(found: Resources) -> str:
    """The address that links in mails begin with: never from a request, whose Host header anybody can write."""
    settings = found.settings
    return (settings.public_url or f"http://{settings.api_host}:{settings.port or settings.api_port}").rstrip("/")


def client_address(request: Request) -> str:
    """The caller's address, as uvicorn found it behind trusted proxies."""
    return request.client.host if request.client else ""


def device_of(request: Request) -> str:
    """What tells one browser from another well enough to recognise a double submit."""
    return f"{client_address(request)}|{request.headers.get('user-agent', '')}"
