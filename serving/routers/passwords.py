"""Joining by invitation, and passwords that are forgotten or changed. Nothing here tells who has an account."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response, status

from evosense.billing.places import accept_invitation
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import NotAuthenticated
from evosense.mail import letters
from evosense.mail.models import Letter, MailNotSent
from evosense.tenants.audit import record
from evosense.tenants.invitations import PREFIX, InvitationOver, find_invitation
from evosense.tenants.login import begin_session, hash_in_thread, log_in
from evosense.tenants.opaque_tokens import tenant_of
from evosense.tenants.password_reset import LIFETIME, ask_for_reset, change_password, reset_password
from serving.dependencies import Allowed, ResourcesDep, client_address, device_of, link_address
from serving.resources import Resources
from serving.schemas.auth import AccessToken
from serving.schemas.people import (
    ChangedPassword,
    ForgottenPassword,
    InvitationLink,
    InvitedTo,
    Joining,
    ResetPassword,
)
from serving.schemas.problem import problems
from serving.sessions import open_session, refuse_foreign_pages

router = APIRouter(tags=["auth"])
_OPEN = problems(402, 403, 404, 409, 413, 422, 429, 503)


@router.post("/api/auth/invitation", operation_id="look_at_invitation", responses=problems(404, 413, 422, 429, 503))
async def post_look(link: InvitationLink, request: Request, found: ResourcesDep) -> InvitedTo:
    """What an invitation is about; 404 when it was used, withdrawn or has expired."""
    await found.login_limits.check_address(client_address(request))
    token = link.token.get_secret_value()
    async with tenant_transaction(found.pool, _invited(token)) as connection:
        return InvitedTo.of(await find_invitation(connection, _invited(token).tenant_id, token))


@router.post(
    "/api/auth/invitation/accept",
    operation_id="accept_invitation",
    status_code=status.HTTP_201_CREATED,
    responses=_OPEN,
)
async def post_acceptance(joining: Joining, request: Request, response: Response, found: ResourcesDep) -> AccessToken:
    """Join the company that invited you; answers like a log-in. The link works once."""
    refuse_foreign_pages(request, found)
    await found.login_limits.check_address(client_address(request))
    token = joining.token.get_secret_value()
    actor = _invited(token)
    password_hash = await hash_in_thread(joining.password.get_secret_value())
    async with tenant_transaction(found.pool, actor) as connection:
        login = await accept_invitation(
            connection, actor.tenant_id, token, name=joining.name, password_hash=password_hash
        )
        person = f"user:{login.user_id}"
        await record(connection, actor.tenant_id, actor=person, action="invitation_accepted", target=person)
    session = await begin_session(found.pool, login, device=device_of(request), now=datetime.now(UTC))
    return open_session(response, found, session)


@router.post(
    "/api/auth/password-reset",
    operation_id="ask_for_password_reset",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(413, 422, 429, 503),
)
async def post_reset_request(
    who: ForgottenPassword, request: Request, found: ResourcesDep, later: BackgroundTasks
) -> None:
    """Send a link to set a new password, if somebody logs in with this e-mail; the answer is the same if not."""
    await found.login_limits.check_mail(who.email, client_address(request))
    # After the answer, so that it takes as long for a stranger.
    later.add_task(_send_reset, found, who.email, link_address(found))


@router.post(
    "/api/auth/password-reset/confirm",
    operation_id="reset_password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(404, 413, 422, 429, 503),
)
async def post_reset(wish: ResetPassword, request: Request, found: ResourcesDep, later: BackgroundTasks) -> None:
    """Set a new password by the link. Every log-in of the person ends; the link works once, for an hour."""
    await found.login_limits.check_address(client_address(request))
    email = await reset_password(found.pool, wish.token.get_secret_value(), wish.password.get_secret_value())
    later.add_task(_tell_changed, found, email)


@router.post("/api/auth/password", operation_id="change_password", responses=problems(401, 403, 413, 422, 429, 503))
async def post_password(
    change: ChangedPassword,
    caller: Annotated[Actor, Depends(Allowed("change_own_password"))],
    request: Request,
    response: Response,
    found: ResourcesDep,
    later: BackgroundTasks,
) -> AccessToken:
    """Change your own password. Every other log-in of yours ends; this one goes on with the answer."""
    refuse_foreign_pages(request, found)
    account = str(caller.user_id)
    await found.login_limits.check(account, client_address(request))
    current, new = change.current.get_secret_value(), change.new.get_secret_value()
    try:
        email = await change_password(found.pool, caller, current, new)
    except NotAuthenticated:
        await found.login_limits.failed(account)
        raise
    later.add_task(_tell_changed, found, email)
    session = await log_in(found.pool, email=email, password=new, device=device_of(request), now=datetime.now(UTC))
    return open_session(response, found, session)


def _invited(token: str) -> Actor:
    try:
        return Actor(tenant_of(token, PREFIX), None, "invited")
    except NotAuthenticated:
        raise InvitationOver from None


async def _send_reset(found: Resources, email: str, address: str) -> None:
    made = await ask_for_reset(found.pool, email, datetime.now(UTC))
    if made is not None:
        token, to = made
        minutes = int(LIFETIME.total_seconds() // 60)
        await _send(found, letters.password_reset(to, f"{address}/reset-password#{token}", minutes))


async def _tell_changed(found: Resources, email: str) -> None:
    await _send(found, letters.password_changed(email))


async def _send(found: Resources, letter: Letter) -> None:
    with suppress(MailNotSent):  # the mailer has logged it; whoever waits asks again
        await found.mailer.send(letter)
