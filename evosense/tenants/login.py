"""Logging in: who is it, and may they.

An unknown e-mail, a wrong password and a closed company take as long and sound the same, so that nobody can find out
who has an account.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_read, tenant_transaction
from evosense.errors import NotAuthenticated, NotFound
from evosense.tenants import refresh_tokens
from evosense.tenants.models import Login, Person
from evosense.tenants.passwords import hash_password, needs_rehash, verify_password
from evosense.tenants.repository import find_login

_QUERIES = load("evosense.tenants")
# A password check takes 64 MiB and a core for about 50 ms: never more than two at a time.
_CHECKERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
_REFUSED = "E-mail or password is wrong"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who logged in, with the first refresh token of a new family and when it ends."""

    login: Login
    refresh_token: str
    refresh_expires_at: datetime


async def log_in(pool: AsyncPool, *, email: str, password: str, device: str, now: datetime) -> LoggedIn:
    """Check e-mail and password and open a family of refresh tokens. Raises NotAuthenticated, for any reason alike."""
    async with pool.connection() as connection:
        found = await find_login(connection, email)
    login = await _checked(found, password)
    rehashed = await _in_thread(hash_password, password) if needs_rehash(login.password_hash) else None
    async with tenant_transaction(pool, Actor(login.tenant_id, login.user_id, login.role)) as connection:
        who = {"tenant_id": login.tenant_id, "user_id": login.user_id}
        await connection.execute(_QUERIES["note_login"], {**who, "id": new_id(), "password_hash": rehashed})
        token, expires_at = await refresh_tokens.open_family(connection, device=device, now=now, **who)
    return LoggedIn(login, token, expires_at)


async def get_person(pool: AsyncPool, actor: Actor) -> Person:
    """The person behind `actor` with their company. Raises NotFound when they were removed or disabled."""
    who = {"tenant_id": actor.tenant_id, "user_id": actor.user_id}
    people = await tenant_read(pool, actor, _QUERIES["get_person"], who, class_row(Person))
    if not people:
        raise NotFound
    return people[0]


async def warm_up() -> None:
    """Make the hash that unknown people are checked against, so that the first of them takes no longer."""
    await _in_thread(verify_password, None, "warm up")


async def hash_in_thread(password: str) -> str:
    """The argon2id string to store."""
    return await _in_thread(hash_password, password)


async def check_password(password_hash: str | None, password: str) -> bool:
    """Whether `password` is right; takes as long for an unknown person (None)."""
    return await _in_thread(verify_password, password_hash, password)


async def begin_session(pool: AsyncPool, login: Login, *, device: str, now: datetime) -> LoggedIn:
    """Log somebody in who has just proved who they are in another way: a link, or the present password."""
    async with tenant_transaction(pool, Actor(login.tenant_id, login.user_id, login.role)) as connection:
        who = {"tenant_id": login.tenant_id, "user_id": login.user_id}
        token, expires_at = await refresh_tokens.open_family(connection, device=device, now=now, **who)
    return LoggedIn(login, token, expires_at)


async def _checked(found: Login | None, password: str) -> Login:
    is_right = await _in_thread(verify_password, found.password_hash if found else None, password)
    # Of a canceled company only administrators come in: they may subscribe again, and see nothing else.
    is_out = found is not None and found.tenant_status == "canceled" and found.role != "admin"
    if found is None or not is_right or is_out:
        raise NotAuthenticated(_REFUSED)
    return found


async def _in_thread(function: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_CHECKERS, function, *arguments)
