"""What routes ask for: the resources of the process, and proof of who is calling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends, Query, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import Field

from evosense.db.tenancy import Actor
from evosense.errors import InvalidInput, NotAuthenticated, NotFound
from serving.permissions import ALWAYS, Act, changes_something, require
from serving.resources import Resources

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="The access token of POST /api/auth/login")


async def resources(request: Request) -> Resources:
    """The resources of this process."""
    return request.app.state.resources


ResourcesDep = Annotated[Resources, Depends(resources)]


async def actor(
    found: ResourcesDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Actor:
    """Who is calling, by the access token. Raises NotAuthenticated."""
    if credentials is None:
        raise NotAuthenticated
    access = found.tokens.check(credentials.credentials)
    await found.principals.require(access)
    structlog.contextvars.bind_contextvars(tenant_id=str(access.tenant_id), user_id=str(access.user_id))
    return access.actor


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


_FIRST, _LAST, _MAX_DAYS = date(2009, 1, 1), date(2199, 12, 31), 800
_Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of a company, both included."""

    from_day: date
    to_day: date


async def period(
    from_day: Annotated[_Day, Query(alias="from", description="First local day")],
    to_day: Annotated[_Day, Query(alias="to", description="Last local day, included; 800 days at most")],
) -> Period:
    """The period that is asked for. Raises InvalidInput."""
    if from_day > to_day:
        message = "`from` must not be after `to`"
        raise InvalidInput(message)
    if to_day - from_day > timedelta(days=_MAX_DAYS):
        message = f"Ask for {_MAX_DAYS} days at most"
        raise InvalidInput(message)
    return Period(from_day, to_day)


PeriodDep = Annotated[Period, Depends(period)]
