"""Tenants in the database: create, read, open their keys."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import NotFound
from evosense.tenants.keys import MasterKey, TenantKeys
from evosense.tenants.models import Login, Tenant, TenantStatus, UserRole
from evosense.tenants.timezones import check_timezone

_QUERIES = load("evosense.tenants")
SHARED_SHELVES = 16


async def add_tenant(
    connection: AsyncConnection[Any],
    master: MasterKey,
    *,
    name: str,
    plan_id: str = "pro",
    timezone: str = "America/Sao_Paulo",
    status: TenantStatus = "active",
    tenant_id: UUID | None = None,
) -> UUID:
    """Create a tenant with fresh data and identity keys; answers its id. Runs in the caller's transaction.

    Raises:
        InvalidInput: there is no such timezone.
    """
    await check_timezone(connection, timezone)
    tenant_id = tenant_id or new_id()
    values = {
        "tenant_id": tenant_id,
        "name": name,
        "plan_id": plan_id,
        "status": status,
        "timezone": timezone,
        # The low bits of a UUIDv7 are random, so tenants spread evenly over the shared shelves.
        "shelf": tenant_id.int % SHARED_SHELVES,
    }
    await connection.execute(_QUERIES["add_tenant"], values)
    for purpose in ("data", "identity"):
        wrapped = master.wrap(tenant_id, purpose, 1, os.urandom(32))
        key = {"tenant_id": tenant_id, "purpose": purpose, "version": 1, "wrapped_key": wrapped}
        await connection.execute(_QUERIES["add_tenant_key"], key)
    return tenant_id


async def get_tenant(connection: AsyncConnection[Any], tenant_id: UUID) -> Tenant:
    """The tenant by id. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(Tenant)) as cursor:
        await cursor.execute(_QUERIES["get_tenant"], {"tenant_id": tenant_id})
        tenant = await cursor.fetchone()
    if tenant is None:
        raise NotFound
    return tenant


async def list_tenants(connection: AsyncConnection[Any]) -> list[Tenant]:
    """Every tenant that is not canceled, in id order."""
    async with connection.cursor(row_factory=class_row(Tenant)) as cursor:
        await cursor.execute(_QUERIES["list_tenants"])
        return await cursor.fetchall()


async def open_keys(connection: AsyncConnection[Any], master: MasterKey, tenant_id: UUID) -> TenantKeys:
    """The tenant's keys, unwrapped. Raises NotFound without any, ConfigurationError under a foreign SECRET_KEY."""
    rows = await (await connection.execute(_QUERIES["tenant_keys"], {"tenant_id": tenant_id})).fetchall()
    if not rows:
        raise NotFound
    keys: dict[str, dict[int, bytes]] = {"data": {}, "identity": {}}
    for purpose, version, wrapped in rows:
        keys[purpose][version] = master.unwrap(tenant_id, purpose, version, wrapped)
    newest = max(keys["identity"])
    current = keys["identity"].pop(newest)
    return TenantKeys(tenant_id, keys["data"], current, newest, keys["identity"])


async def add_user(
    connection: AsyncConnection[Any],
    *,
    tenant_id: UUID,
    email: str,
    name: str,
    role: UserRole,
    password_hash: str,
) -> UUID:
    """Create a person of a tenant; answers the id. `password_hash` comes from `evosense.tenants.passwords`."""
    user_id = new_id()
    values = {
        "tenant_id": tenant_id,
        "user_id": user_id,
        "email": email,
        "name": name,
        "role": role,
        "password_hash": password_hash,
    }
    await connection.execute(_QUERIES["add_user"], values)
    return user_id


async def find_login(connection: AsyncConnection[Any], email: str) -> Login | None:
    """The person behind an e-mail, or None; the one look-up that crosses tenants."""
    async with connection.cursor(row_factory=class_row(Login)) as cursor:
        await cursor.execute(_QUERIES["find_login"], {"email": email})
        return await cursor.fetchone()
