"""Adding what a plan limits: the check and the act in one transaction, so the limit holds whoever else tries.

Whoever adds a connection or a person, over HTTP or on the command line, does it through here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from evosense.billing.access import load_entitlements
from evosense.billing.limits import reserve
from evosense.connections import repository as connections
from evosense.connections.models import Transport
from evosense.db.named_queries import load
from evosense.errors import Conflict, NotFound
from evosense.tenants.invitations import add_invitation, end_former_invitation, use_invitation
from evosense.tenants.keys import TenantKeys
from evosense.tenants.models import Login, UserRole
from evosense.tenants.people import change_person, get_colleague
from evosense.tenants.repository import add_user, get_tenant

_QUERIES = load("evosense.billing", "plans.sql")


async def add_connection(
    connection: AsyncConnection[Any],
    keys: TenantKeys,
    *,
    name: str,
    server_url: str,
    instance: str,
    token: str | None,
    transport: Transport = "socketio",
    webhook_secret: str | None = None,
    own_number: str | None = None,
) -> UUID:
    """Add a connection if the plan has room for it; answers its id. Runs in the caller's transaction.

    Raises:
        LimitReached: the plan's connections are in use.
        Conflict, InvalidInput: as `evosense.connections.repository.add_connection`.
    """
    allowed = await load_entitlements(connection, keys.tenant_id)
    await reserve(connection, keys.tenant_id, "connections", allowed)
    return await connections.add_connection(
        connection,
        keys,
        name=name,
        server_url=server_url,
        instance=instance,
        token=token,
        transport=transport,
        webhook_secret=webhook_secret,
        own_number=own_number,
    )


async def resume_connection(connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID) -> None:
    """Listen again if the plan has room. Raises LimitReached, NotFound. Runs in the caller's transaction."""
    place = {"tenant_id": tenant_id, "connection_id": connection_id}
    row = await (await connection.execute(_QUERIES["connection_is_active"], place)).fetchone()
    if row is None:
        raise NotFound
    if not row[0]:
        await reserve(connection, tenant_id, "connections", await load_entitlements(connection, tenant_id))
    await connections.set_active(connection, tenant_id, connection_id, is_active=True)


async def add_person(
    connection: AsyncConnection[Any], *, tenant_id: UUID, email: str, name: str, role: UserRole, password_hash: str
) -> UUID:
    """Add a person if the plan has room; answers the id. Raises LimitReached. Runs in the caller's transaction."""
    await reserve(connection, tenant_id, "users", await load_entitlements(connection, tenant_id))
    return await add_user(
        connection, tenant_id=tenant_id, email=email, name=name, role=role, password_hash=password_hash
    )


async def invite_person(
    connection: AsyncConnection[Any], tenant_id: UUID, *, email: str, role: UserRole, invited_by: str, now: datetime
) -> tuple[UUID, str]:
    """Invite somebody if the plan has room; answers the invitation's id and token. It holds a place while it is open.

    Raises:
        LimitReached: the plan's places are taken, by people or by other invitations.
        Conflict: somebody of the tenant has this e-mail.
    """
    # First, since an invitation that replaces one to the same address needs no further place.
    await end_former_invitation(connection, tenant_id, email)
    await reserve(connection, tenant_id, "users", await load_entitlements(connection, tenant_id))
    return await add_invitation(connection, tenant_id, email=email, role=role, invited_by=invited_by, now=now)


async def accept_invitation(
    connection: AsyncConnection[Any], tenant_id: UUID, token: str, *, name: str, password_hash: str
) -> Login:
    """Let the invited person in, on the place that the invitation held.

    Raises:
        InvitationOver: used, withdrawn or expired.
        LimitReached: the plan has become smaller meanwhile.
        Conflict: somebody logs in with this e-mail already.
    """
    found = await use_invitation(connection, tenant_id, token)
    try:
        user_id = await add_person(
            connection,
            tenant_id=tenant_id,
            email=found.email,
            name=name,
            role=found.role,
            password_hash=password_hash,
        )
    except UniqueViolation as error:
        raise Conflict("somebody logs in with this e-mail already; ask to be invited at another one") from error
    tenant = await get_tenant(connection, tenant_id)
    return Login(tenant_id, user_id, name, found.role, password_hash, tenant.status)


async def readmit_person(connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID) -> None:
    """Let a deactivated person in again if the plan has room. Raises NotFound, LimitReached."""
    if not (await get_colleague(connection, tenant_id, user_id)).is_active:
        await reserve(connection, tenant_id, "users", await load_entitlements(connection, tenant_id))
        await change_person(connection, tenant_id, user_id, is_active=True)
