"""The people of a company: who they are, what they may do, and inviting more of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, status
from psycopg import AsyncConnection

from evosense.billing.places import invite_person, readmit_person
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.mail import letters
from evosense.tenants.audit import record
from evosense.tenants.invitations import LIFETIME, list_invitations, withdraw_invitation
from evosense.tenants.people import change_person, get_colleague, list_people, remove_person
from evosense.tenants.repository import get_tenant
from serving.dependencies import Allowed, ResourcesDep, link_address
from serving.schemas.people import Invitation, Invited, NewInvitation, Person, PersonChange
from serving.schemas.problem import problems

router = APIRouter(tags=["people"])
Owner = Annotated[Actor, Depends(Allowed("manage_people"))]
_LISTS = problems(401, 402, 403, 503)
_ONE = problems(401, 402, 403, 404, 409, 413, 422, 503)


@router.get("/api/users", operation_id="list_users", responses=_LISTS)
async def get_users(caller: Owner, found: ResourcesDep) -> list[Person]:
    """Everybody with access to your company, by name."""
    async with tenant_transaction(found.pool, caller) as connection:
        return [Person.of(one) for one in await list_people(connection, caller.tenant_id)]


@router.patch("/api/users/{user_id}", operation_id="change_user", responses=_ONE)
async def patch_user(user_id: UUID, change: PersonChange, caller: Owner, found: ResourcesDep) -> Person:
    """Give another name or role, deactivate, or let in again. The last administrator stays one."""
    async with tenant_transaction(found.pool, caller) as connection:
        if change.is_active:
            await readmit_person(connection, caller.tenant_id, user_id)
        await change_person(connection, caller.tenant_id, user_id, **change.model_dump(exclude_none=True))
        detail = change.model_dump(include={"role", "is_active"}, exclude_none=True)
        await _note(connection, caller, "user_changed", f"user:{user_id}", detail)
        return Person.of(await get_colleague(connection, caller.tenant_id, user_id))


@router.delete(
    "/api/users/{user_id}", operation_id="remove_user", status_code=status.HTTP_204_NO_CONTENT, responses=_ONE
)
async def delete_user(user_id: UUID, caller: Owner, found: ResourcesDep) -> None:
    """Delete a person's access and their data. What they did stays in the audit log, under their id."""
    async with tenant_transaction(found.pool, caller) as connection:
        await remove_person(connection, caller.tenant_id, user_id)
        await _note(connection, caller, "user_removed", f"user:{user_id}", {})


@router.get("/api/invitations", operation_id="list_invitations", responses=_LISTS)
async def get_invitations(caller: Owner, found: ResourcesDep) -> list[Invitation]:
    """Invitations that wait for their person, the newest first."""
    async with tenant_transaction(found.pool, caller) as connection:
        return [Invitation.of(one) for one in await list_invitations(connection, caller.tenant_id)]


@router.post("/api/invitations", operation_id="invite_user", status_code=status.HTTP_201_CREATED, responses=_ONE)
async def post_invitation(wish: NewInvitation, caller: Owner, found: ResourcesDep) -> Invited:
    """Invite somebody by a link that is good for a week, if the plan has room. It holds a place while it is open.

    Inviting the same address again replaces the former link.
    """
    async with tenant_transaction(found.pool, caller) as connection:
        invitation_id, token = await invite_person(
            connection,
            caller.tenant_id,
            email=wish.email,
            role=wish.role,
            invited_by=caller.name,
            now=datetime.now(UTC),
        )
        tenant = await get_tenant(connection, caller.tenant_id)
        await _note(connection, caller, "user_invited", f"invitation:{invitation_id}", {"role": wish.role})
    link = f"{link_address(found)}/invitation#{token}"
    # Sent once the invitation is stored: a mail that fails is told, and asking again makes a new link.
    await found.mailer.send(letters.invitation(wish.email, tenant.name, link, LIFETIME.days))
    delivers = found.mailer.delivers
    return Invited(id=invitation_id, mailed=delivers, link=None if delivers else link)


@router.delete(
    "/api/invitations/{invitation_id}",
    operation_id="withdraw_invitation",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=_ONE,
)
async def delete_invitation(invitation_id: UUID, caller: Owner, found: ResourcesDep) -> None:
    """Withdraw an invitation; its link stops working at once."""
    async with tenant_transaction(found.pool, caller) as connection:
        await withdraw_invitation(connection, caller.tenant_id, invitation_id)
        await _note(connection, caller, "invitation_withdrawn", f"invitation:{invitation_id}", {})


async def _note(
    connection: AsyncConnection[Any], caller: Actor, action: str, target: str, detail: dict[str, Any]
) -> None:
    await record(connection, caller.tenant_id, actor=caller.name, action=action, target=target, detail=detail)
