"""The people of a tenant: list, give another role, deactivate, remove. There is always an administrator left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.named_queries import load
from evosense.errors import Conflict, NotFound
from evosense.tenants.models import UserRole
from evosense.tenants.refresh_tokens import close_all_families

_QUERIES = load("evosense.tenants", "people.sql")


class LastAdministrator(Conflict):
    """This is the company's last administrator; make somebody else one first."""

    code = "last_administrator"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person of a tenant as administrators see them."""

    user_id: UUID
    name: str
    email: str
    role: UserRole
    created_at: datetime
    last_login_at: datetime | None
    is_active: bool


async def list_people(connection: AsyncConnection[Any], tenant_id: UUID) -> list[Colleague]:
    """Everybody with access to the tenant, deactivated people included, by name."""
    return await _people(connection, tenant_id, None)


async def get_colleague(connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID) -> Colleague:
    """One of them. Raises NotFound."""
    found = await _people(connection, tenant_id, user_id)
    if not found:
        raise NotFound
    return found[0]


async def change_person(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    user_id: UUID,
    *,
    name: str | None = None,
    role: UserRole | None = None,
    is_active: bool | None = None,
) -> None:
    """Change what is given. Who is deactivated is logged out everywhere.

    To activate somebody again, reserve a place of the plan before (`evosense.billing.places.readmit_person`).

    Raises:
        NotFound: no such person.
        LastAdministrator: nobody would be left who may manage the company.
    """
    await connection.execute(_QUERIES["lock"], {"tenant_id": tenant_id})
    person = await get_colleague(connection, tenant_id, user_id)
    if is_active is False or (role is not None and role != "admin"):
        await _keep_an_admin(connection, tenant_id, person)
    values = {"tenant_id": tenant_id, "user_id": user_id, "name": name, "role": role, "is_active": is_active}
    await connection.execute(_QUERIES["change"], values)
    if is_active is False:
        await close_all_families(connection, tenant_id, user_id)


async def remove_person(connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID) -> None:
    """Delete a person with their log-ins. What they did stays in the audit log, under their id.

    Raises:
        NotFound: no such person.
        LastAdministrator: nobody would be left who may manage the company.
    """
    who = {"tenant_id": tenant_id, "user_id": user_id}
    await connection.execute(_QUERIES["lock"], who)
    await _keep_an_admin(connection, tenant_id, await get_colleague(connection, tenant_id, user_id))
    await connection.execute(_QUERIES["forget_tokens"], who)
    await connection.execute(_QUERIES["remove"], who)


async def _keep_an_admin(connection: AsyncConnection[Any], tenant_id: UUID, person: Colleague) -> None:
    if person.role != "admin" or not person.is_active:
        return
    who = {"tenant_id": tenant_id, "user_id": person.user_id}
    row = await (await connection.execute(_QUERIES["other_admins"], who)).fetchone()
    if row is None or row[0] == 0:
        raise LastAdministrator


async def _people(connection: AsyncConnection[Any], tenant_id: UUID, user_id: UUID | None) -> list[Colleague]:
    async with connection.cursor(row_factory=class_row(Colleague)) as cursor:
        await cursor.execute(_QUERIES["list"], {"tenant_id": tenant_id, "user_id": user_id})
        return await cursor.fetchall()
