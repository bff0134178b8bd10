"""What a company says about itself: name, timezone, language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.named_queries import load
from evosense.errors import NotFound
from evosense.tenants.models import TenantStatus
from evosense.tenants.timezones import check_timezone

Locale = Literal["pt-BR", "en", "es"]
_QUERIES = load("evosense.tenants", "company.sql")


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """A company as its people see it."""

    tenant_id: UUID
    name: str
    plan_id: str
    status: TenantStatus
    timezone: str
    locale: Locale
    created_at: datetime


async def get_company(connection: AsyncConnection[Any], tenant_id: UUID) -> CompanyFacts:
    """The company. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(CompanyFacts)) as cursor:
        await cursor.execute(_QUERIES["get"], {"tenant_id": tenant_id})
        found = await cursor.fetchone()
    if found is None:
        raise NotFound
    return found


async def change_company(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    *,
    name: str | None = None,
    timezone: str | None = None,
    locale: Locale | None = None,
) -> None:
    """Change what is given. Another timezone cuts every day anew, so all of them are computed again.

    Raises:
        NotFound: no such company.
        InvalidInput: there is no such timezone.
    """
    values = {"tenant_id": tenant_id, "name": name, "timezone": timezone, "locale": locale}
    row = await (await connection.execute(_QUERIES["lock"], values)).fetchone()
    if row is None:
        raise NotFound
    if timezone is not None:
        await check_timezone(connection, timezone)
    await connection.execute(_QUERIES["change"], values)
    if timezone not in (None, row[0]):
        await connection.execute(_QUERIES["mark_days"], values | {"former": row[0]})
