"""Adding what a plan limits: the check and the act in one transaction, so the limit holds whoever else tries.

Whoever adds a connection or a person, over HTTP or on the command line, does it through here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing.access import load_entitlements
from evosense.billing.limits import reserve
from evosense.billing.plans import find_plan, load_catalogue
from evosense.billing.repository import open_account
from evosense.billing.settle import settle
from evosense.connections import repository as connections
from evosense.connections.models import Transport
from evosense.db.named_queries import load
from evosense.errors import NotFound
from evosense.tenants.keys import TenantKeys
from evosense.tenants.models import UserRole
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
) -> UUID:
    """Add a connection if the plan has room for it; answers its id. Runs in the caller's transaction.

    Raises:
        LimitReached: the plan's connections are in use.
        Conflict: as `evosense.connections.repository.add_connection`.
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


async def begin_trial(
    connection: AsyncConnection[Any], tenant_id: UUID, *, livemode: bool, now: datetime | None = None
) -> datetime:
    """Let the tenant try its plan for the plan's trial days; answers when that ends. A second call changes nothing."""
    now = now or datetime.now(UTC)
    tenant = await get_tenant(connection, tenant_id)
    catalogue = await load_catalogue(connection)
    ends_at = now + timedelta(days=find_plan(catalogue, tenant.plan_id).trial_days)
    await open_account(connection, tenant_id, livemode=livemode, trial_ends_at=ends_at)
    await settle(connection, tenant_id, catalogue, now, because="trial")
    return ends_at
