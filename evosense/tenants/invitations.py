"""Invitations: a link that lets one person join a tenant, once, within a week.

Places of the plan are counted by `evosense.billing.places`, which is the way to make and to accept one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, NotFound
from evosense.tenants.models import UserRole
from evosense.tenants.opaque_tokens import digest, new_token

LIFETIME: Final = timedelta(days=7)
PREFIX: Final = "evi_"
_QUERIES = load("evosense.tenants", "invitations.sql")


class InvitationOver(NotFound):
    """This invitation was used, withdrawn or has expired; ask for a new one."""

    code = "invitation_over"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits."""

    invitation_id: UUID
    email: str
    role: UserRole
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What whoever holds the link is told."""

    invitation_id: UUID
    email: str
    role: UserRole
    company: str


async def end_former_invitation(connection: AsyncConnection[Any], tenant_id: UUID, email: str) -> None:
    """Make way for a new invitation to this address.

    Raises:
        Conflict: the address belongs to somebody of the tenant. (Whether it belongs to somebody of another tenant is
            not told here, only to whoever holds the link.)
    """
    who = {"tenant_id": tenant_id, "email": email}
    if await (await connection.execute(_QUERIES["email_is_here"], who)).fetchone() is not None:
        raise Conflict("somebody of your company has this e-mail already")
    await connection.execute(_QUERIES["replace"], who)


async def add_invitation(
    connection: AsyncConnection[Any], tenant_id: UUID, *, email: str, role: UserRole, invited_by: str, now: datetime
) -> tuple[UUID, str]:
    """Invite an address; answers the invitation's id and its token."""
    invitation_id, token = new_id(), new_token(tenant_id, PREFIX)
    values = {
        "tenant_id": tenant_id,
        "email": email,
        "invitation_id": invitation_id,
        "token_hash": digest(token),
        "role": role,
        "invited_by": invited_by,
        "expires_at": now + LIFETIME,
    }
    await connection.execute(_QUERIES["add"], values)
    return invitation_id, token


async def list_invitations(connection: AsyncConnection[Any], tenant_id: UUID) -> list[Invitation]:
    """Those that wait, expired ones included, the newest first."""
    async with connection.cursor(row_factory=class_row(Invitation)) as cursor:
        await cursor.execute(_QUERIES["list"], {"tenant_id": tenant_id})
        return await cursor.fetchall()


async def withdraw_invitation(connection: AsyncConnection[Any], tenant_id: UUID, invitation_id: UUID) -> None:
    """Its link is good for nothing any more. Raises NotFound."""
    values = {"tenant_id": tenant_id, "invitation_id": invitation_id}
    if await (await connection.execute(_QUERIES["revoke"], values)).fetchone() is None:
        raise NotFound


async def find_invitation(connection: AsyncConnection[Any], tenant_id: UUID, token: str) -> OpenInvitation:
    """The invitation behind a link, locked until the transaction ends. Raises InvitationOver."""
    async with connection.cursor(row_factory=class_row(OpenInvitation)) as cursor:
        await cursor.execute(_QUERIES["open"], {"tenant_id": tenant_id, "token_hash": digest(token)})
        found = await cursor.fetchone()
    if found is None:
        raise InvitationOver
    return found


async def use_invitation(connection: AsyncConnection[Any], tenant_id: UUID, token: str) -> OpenInvitation:
    """Use it up. Raises InvitationOver."""
    found = await find_invitation(connection, tenant_id, token)
    values = {"tenant_id": tenant_id, "invitation_id": found.invitation_id}
    await connection.execute(_QUERIES["accept"], values)
    return found
