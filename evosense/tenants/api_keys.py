"""API keys: for other systems, made by administrators, good for what they were made for and nothing else.

A key is `evk_` and an opaque token; stored is its SHA-256. What it may do are its scopes: names of acts, which
`serving.permissions` knows. It is shown once, when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor
from evosense.errors import NotAuthenticated, NotFound
from evosense.tenants.opaque_tokens import digest, new_token

PREFIX: Final = "evk_"
ROLE: Final = "api_key"
# Of the random part, which begins after prefix and tenant: enough to tell keys apart, far too little to guess one.
_SHOWN: Final = slice(-6, None)
_QUERIES = load("evosense.tenants", "api_keys.sql")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as administrators see it; the key itself is not stored. `prefix`: what it begins and ends with."""

    api_key_id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


async def make_key(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    *,
    name: str,
    scopes: Iterable[str],
    created_by: str,
    expires_at: datetime | None = None,
) -> tuple[UUID, str]:
    """A new key of the tenant; answers its id and the key, this one time."""
    api_key_id, key = new_id(), new_token(tenant_id, PREFIX)
    values = {
        "tenant_id": tenant_id,
        "api_key_id": api_key_id,
        "name": name,
        "prefix": f"{PREFIX}…{key[_SHOWN]}",
        "key_hash": digest(key),
        "scopes": sorted(set(scopes)),
        "created_by": created_by,
        "expires_at": expires_at,
    }
    await connection.execute(_QUERIES["add"], values)
    return api_key_id, key


async def list_keys(connection: AsyncConnection[Any], tenant_id: UUID) -> list[ApiKey]:
    """The tenant's keys that are not revoked, the newest first."""
    async with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        await cursor.execute(_QUERIES["list"], {"tenant_id": tenant_id})
        return await cursor.fetchall()


async def use_key(connection: AsyncConnection[Any], tenant_id: UUID, key: str) -> Actor:
    """Who acts by `key`. Raises NotAuthenticated when it is unknown, revoked or expired."""
    values = {"tenant_id": tenant_id, "key_hash": digest(key)}
    row = await (await connection.execute(_QUERIES["use"], values)).fetchone()
    if row is None:
        message = "The API key is not valid, was revoked or has expired"
        raise NotAuthenticated(message)
    return Actor(tenant_id, None, ROLE, api_key_id=row[0], scopes=frozenset(row[1]))


async def revoke_key(connection: AsyncConnection[Any], tenant_id: UUID, api_key_id: UUID) -> None:
    """It is good for nothing any more. Raises NotFound."""
    values = {"tenant_id": tenant_id, "api_key_id": api_key_id}
    if await (await connection.execute(_QUERIES["revoke"], values)).fetchone() is None:
        raise NotFound
