"""Who runs the platform: made on the command line, logged in apart from every company."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg.rows import TupleRow, class_row

from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, NotAuthenticated, NotFound
from evosense.tenants.audit import record
from evosense.tenants.login import check_password

# Acts that concern no company are filed under the nil tenant, which no company is.
NOBODY: Final = UUID(int=0)
_QUERIES = load("evosense.platform")


@dataclass(frozen=True, slots=True)
class PlatformAdmin:
    """A person who runs the platform."""

    admin_id: UUID
    email: str
    name: str
    password_hash: str

    @property
    def actor(self) -> str:
        """How the audit log names them."""
        return f"platform:{self.admin_id}"


async def add_admin(connection: AsyncConnection[Any], *, email: str, name: str, password_hash: str) -> UUID:
    """Let somebody run the platform (pipeline role). Raises Conflict when the e-mail is there already."""
    admin_id = new_id()
    values = {"admin_id": admin_id, "email": email, "name": name, "password_hash": password_hash}
    try:
        await connection.execute(_QUERIES["add_admin"], values)
    except UniqueViolation as error:
        raise Conflict("somebody who runs the platform has this e-mail already") from error
    return admin_id


async def disable_admin(connection: AsyncConnection[Any], email: str) -> None:
    """They run the platform no more; their tokens end at once (pipeline role). Raises NotFound."""
    if await (await connection.execute(_QUERIES["disable_admin"], {"email": email})).fetchone() is None:
        raise NotFound


async def log_in(pool: AsyncPool, email: str, password: str) -> PlatformAdmin:
    """Check e-mail and password; takes as long for strangers. Raises NotAuthenticated."""
    async with pool.connection() as connection:
        found = await _admin(connection, "find_admin", {"email": email})
    if not await check_password(found.password_hash if found else None, password) or found is None:
        message = "E-mail or password is wrong"
        raise NotAuthenticated(message)
    async with pool.connection() as connection:
        await connection.execute(_QUERIES["note_login"], {"admin_id": found.admin_id})
        await record(connection, NOBODY, actor=found.actor, action="platform_login", target=found.actor)
    return found


@asynccontextmanager
async def platform_transaction(
    pool: AsyncPool, admin_id: UUID
) -> AsyncGenerator[tuple[AsyncConnection[TupleRow], PlatformAdmin]]:
    """A transaction of somebody who runs the platform at this moment. Raises NotAuthenticated when they do not."""
    async with pool.connection() as connection, connection.transaction():
        found = await _admin(connection, "get_admin", {"admin_id": admin_id})
        if found is None:
            raise NotAuthenticated
        yield connection, found


async def _admin(connection: AsyncConnection[Any], query: str, values: dict[str, Any]) -> PlatformAdmin | None:
    async with connection.cursor(row_factory=class_row(PlatformAdmin)) as cursor:
        await cursor.execute(_QUERIES[query], values)
        return await cursor.fetchone()
