"""Refresh tokens: opaque, single use, in families that die together.

Every use gives the next token of the same family (the form of a token: `opaque_tokens.py`). A token that comes back
after its use was copied: its whole family is revoked, whoever holds the newest. One exception: within ten seconds and
from the same device it is a double submit, which is refused and harms nobody.

Source: RFC 9700 §4.14 (refresh token rotation).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import NotAuthenticated
from evosense.tenants.models import UserRole
from evosense.tenants.opaque_tokens import digest, new_token, tenant_of

# The family's life, however often it is renewed.
LIFETIME = timedelta(days=30)
DOUBLE_SUBMIT_SECONDS = 10
_QUERIES = load("evosense.tenants")


@dataclass(frozen=True, slots=True)
class Renewed:
    """The next token of a family, and for whom it is."""

    token: str
    expires_at: datetime
    tenant_id: UUID
    user_id: UUID
    role: UserRole


@dataclass(frozen=True, slots=True)
class _Presented:
    """The stored row of a token that was presented."""

    user_id: UUID
    family_id: UUID
    expires_at: datetime
    is_used: bool
    is_dead: bool
    is_double_submit: bool
    role: UserRole


async def open_family(
    connection: AsyncConnection[Any], *, tenant_id: UUID, user_id: UUID, device: str, now: datetime
) -> tuple[str, datetime]:
    """The first token of a new family and when it ends. `device` tells a double submit from a theft."""
    expires_at = now + LIFETIME
    token = await _add(connection, tenant_id, user_id, new_id(), device, expires_at)
    return token, expires_at


async def renew(pool: AsyncPool, token: str, *, device: str) -> Renewed:
    """Use `token` up and answer the next of its family.

    Raises:
        NotAuthenticated: unknown, expired, revoked or used before (which revokes the family), or its person may no
            longer log in.
    """
    tenant_id = tenant_of(token)
    async with tenant_transaction(pool, Actor(tenant_id, None, "refresh")) as connection:
        renewed = await _renew_row(connection, tenant_id, token, device)
    # Raised outside the transaction, so that revoking the family is committed.
    if renewed is None:
        raise NotAuthenticated
    return renewed


async def close_family(pool: AsyncPool, token: str) -> None:
    """Revoke the family of `token`; no error when there is none."""
    try:
        tenant_id = tenant_of(token)
    except NotAuthenticated:
        return
    async with tenant_transaction(pool, Actor(tenant_id, None, "refresh")) as connection:
        row = await _find(connection, tenant_id, token, device="")
        if row:
            await _revoke(connection, tenant_id, row.family_id)


async def close_all_families(connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID) -> None:
    """Log a person out everywhere."""
    await connection.execute(_QUERIES["revoke_all_families"], {"tenant_id": tenant_id, "user_id": user_id})


async def _renew_row(connection: AsyncConnection[Any], tenant_id: UUID, token: str, device: str) -> Renewed | None:
    row = await _find(connection, tenant_id, token, device)
    if row is None or row.is_double_submit:
        return None
    if row.is_used or row.is_dead:
        await _revoke(connection, tenant_id, row.family_id)
        return None
    await connection.execute(_QUERIES["use_refresh_token"], {"tenant_id": tenant_id, "token_hash": digest(token)})
    following = await _add(connection, tenant_id, row.user_id, row.family_id, device, row.expires_at)
    return Renewed(following, row.expires_at, tenant_id, row.user_id, row.role)


async def _find(connection: AsyncConnection[Any], tenant_id: UUID, token: str, device: str) -> _Presented | None:
    params = {
        "tenant_id": tenant_id,
        "token_hash": digest(token),
        "device_hash": digest(device),
        "grace_seconds": DOUBLE_SUBMIT_SECONDS,
    }
    async with connection.cursor(row_factory=class_row(_Presented)) as cursor:
        await cursor.execute(_QUERIES["lock_refresh_token"], params)
        return await cursor.fetchone()


async def _add(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    user_id: UUID,
    family_id: UUID,
    device: str,
    expires_at: datetime,
) -> str:
    token = new_token(tenant_id)
    values = {
        "tenant_id": tenant_id,
        "token_hash": digest(token),
        "user_id": user_id,
        "family_id": family_id,
        "device_hash": digest(device),
        "expires_at": expires_at,
    }
    await connection.execute(_QUERIES["add_refresh_token"], values)
    return token


async def _revoke(connection: AsyncConnection[Any], tenant_id: UUID, family_id: UUID) -> None:
    await connection.execute(_QUERIES["revoke_family"], {"tenant_id": tenant_id, "family_id": family_id})
