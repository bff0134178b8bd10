"""Passwords that are forgotten or changed. Whatever way a password changes, every log-in of the person ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import NotAuthenticated, NotFound
from evosense.tenants.audit import record
from evosense.tenants.login import check_password, hash_in_thread
from evosense.tenants.opaque_tokens import digest, new_token, tenant_of
from evosense.tenants.refresh_tokens import close_all_families
from evosense.tenants.repository import find_login

LIFETIME: Final = timedelta(minutes=60)
PREFIX: Final = "evp_"
_QUERIES = load("evosense.tenants", "password_reset.sql")
_PEOPLE = load("evosense.tenants", "people.sql")


class ResetLinkOver(NotFound):
    """This link was used or has expired; ask for a new one."""

    code = "reset_link_over"


async def ask_for_reset(pool: AsyncPool, email: str, now: datetime) -> tuple[str, str] | None:
    """A new link's token for the person with this e-mail, and where to send it; None when there is nobody.

    It goes to the address that is stored, never to the one that was typed: two that look or compare alike may be two
    mailboxes.
    """
    async with pool.connection() as connection:
        found = await find_login(connection, email)
    if found is None:
        return None
    token = new_token(found.tenant_id, PREFIX)
    async with tenant_transaction(pool, Actor(found.tenant_id, found.user_id, "password_reset")) as connection:
        values = {
            "tenant_id": found.tenant_id,
            "token_hash": digest(token),
            "user_id": found.user_id,
            "expires_at": now + LIFETIME,
        }
        await connection.execute(_QUERIES["add"], values)
        row = await (await connection.execute(_PEOPLE["password_hash"], values)).fetchone()
        person = f"user:{found.user_id}"
        await record(connection, found.tenant_id, actor="somebody", action="password_reset_asked", target=person)
    return (token, str(row[1])) if row else None


async def reset_password(pool: AsyncPool, token: str, password: str) -> str:
    """Set the password of the link's person; answers their e-mail. Raises ResetLinkOver."""
    try:
        tenant_id = tenant_of(token, PREFIX)
    except NotAuthenticated:
        raise ResetLinkOver from None
    password_hash = await hash_in_thread(password)
    async with tenant_transaction(pool, Actor(tenant_id, None, "password_reset")) as connection:
        values = {"tenant_id": tenant_id, "token_hash": digest(token)}
        row = await (await connection.execute(_QUERIES["use"], values)).fetchone()
        if row is None:
            raise ResetLinkOver
        return await _set(connection, tenant_id, row[0], password_hash, "password_reset")


async def change_password(pool: AsyncPool, actor: Actor, current: str, password: str) -> str:
    """Set one's own password, knowing the present one; answers the e-mail. Raises NotAuthenticated."""
    who = {"tenant_id": actor.tenant_id, "user_id": actor.user_id}
    async with tenant_transaction(pool, actor) as connection:
        row = await (await connection.execute(_PEOPLE["password_hash"], who)).fetchone()
    if actor.user_id is None or row is None or not await check_password(row[0], current):
        message = "The present password is wrong"
        raise NotAuthenticated(message)
    password_hash = await hash_in_thread(password)
    async with tenant_transaction(pool, actor) as connection:
        return await _set(connection, actor.tenant_id, actor.user_id, password_hash, "password_changed")


async def _set(
    connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID, password_hash: str, action: str
) -> str:
    who = {"tenant_id": tenant_id, "user_id": user_id}
    row = await (await connection.execute(_PEOPLE["set_password"], who | {"password_hash": password_hash})).fetchone()
    if row is None:
        raise NotAuthenticated
    await connection.execute(_QUERIES["end_others"], who)
    await close_all_families(connection, tenant_id, user_id)
    person = f"user:{user_id}"
    await record(connection, tenant_id, actor=person, action=action, target=person)
    return str(row[0])
