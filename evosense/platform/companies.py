"""Companies as the platform's people see and look after them. Every act is audited where the company sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import CheckViolation, ForeignKeyViolation
from psycopg.rows import class_row

from evosense.billing.models import Access
from evosense.connections.repository import notify
from evosense.db.named_queries import load
from evosense.errors import Conflict, InvalidInput, NotFound
from evosense.platform.admins import PlatformAdmin
from evosense.tenants.audit import Act, record
from evosense.tenants.invitations import add_invitation
from evosense.tenants.keys import MasterKey
from evosense.tenants.models import TenantStatus
from evosense.tenants.repository import add_tenant

_QUERIES = load("evosense.platform")


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A company at a glance: sizes, never contents. `access` is None where nobody bills it."""

    tenant_id: UUID
    name: str
    plan_id: str
    status: TenantStatus
    timezone: str
    created_at: datetime
    billed_by: Literal["stripe", "contract", "nobody"]
    access: Access | None
    people: int
    connections: int
    last_event_at: datetime | None


@dataclass(frozen=True, slots=True)
class Trial:
    """The plan's trial, after which a subscription is needed; `livemode`: of Stripe with real money."""

    livemode: bool


async def list_companies(
    connection: AsyncConnection[Any], *, after: UUID | None = None, limit: int = 50
) -> list[CompanyRow]:
    """Companies in the order of their making, from after the one named."""
    return await _companies(connection, None, after, limit)


async def get_company(connection: AsyncConnection[Any], tenant_id: UUID) -> CompanyRow:
    """One company. Raises NotFound."""
    found = await _companies(connection, tenant_id, None, 1)
    if not found:
        raise NotFound
    return found[0]


async def open_company(
    connection: AsyncConnection[Any],
    master: MasterKey,
    admin: PlatformAdmin,
    *,
    name: str,
    plan_id: str,
    timezone: str,
    email: str,
    now: datetime,
    trial: Trial | None = None,
) -> tuple[UUID, str]:
    """Make a company with its keys and invite its first administrator; answers its id and the invitation's token.

    Without `trial` nobody bills it: it stays as it is until somebody of it buys, or people look after it.

    Raises:
        InvalidInput: there is no such plan, or the name can't be used.
    """
    try:
        status: TenantStatus = "trial" if trial else "active"
        tenant_id = await add_tenant(connection, master, name=name, plan_id=plan_id, timezone=timezone, status=status)
    except (ForeignKeyViolation, CheckViolation) as error:
        raise InvalidInput("there is no such plan, or the name is empty or too long") from error
    _, token = await add_invitation(connection, tenant_id, email=email, role="admin", invited_by=admin.actor, now=now)
    if trial:
        values = {"tenant_id": tenant_id, "plan_id": plan_id, "livemode": trial.livemode, "now": now}
        await connection.execute(_QUERIES["add_trial"], values)
    await _note(connection, admin, tenant_id, "company_opened", {"plan": plan_id, "trial": trial is not None})
    return tenant_id, token


async def look_after(
    connection: AsyncConnection[Any],
    admin: PlatformAdmin,
    tenant_id: UUID,
    *,
    plan_id: str | None,
    status: Literal["active", "suspended"] | None,
    reason: str,
) -> None:
    """Give a company that no subscription decides about another plan or status; the listener follows at once.

    Raises:
        NotFound: no such company.
        Conflict: its subscription decides.
        InvalidInput: there is no such plan.
    """
    company = await get_company(connection, tenant_id)
    if company.billed_by == "stripe":
        raise Conflict("this company's subscription decides about its plan and status; change it at Stripe")
    try:
        values = {"tenant_id": tenant_id, "plan_id": plan_id, "status": status}
        await connection.execute(_QUERIES["set_tenant"], values)
    except ForeignKeyViolation as error:
        raise InvalidInput("there is no such plan") from error
    await notify(connection, tenant_id)
    change = {
        "plan": [company.plan_id, plan_id or company.plan_id],
        "status": [company.status, status or company.status],
    }
    # The action that retention after a smaller plan goes by (migration 0065).
    await _note(connection, admin, tenant_id, "standing_changed", {**change, "reason": reason})


async def list_platform_acts(
    connection: AsyncConnection[Any], *, before: UUID | None = None, limit: int = 50
) -> list[Act]:
    """What the platform's people did, the newest first."""
    async with connection.cursor(row_factory=class_row(Act)) as cursor:
        await cursor.execute(_QUERIES["list_acts"], {"before": before, "limit": limit})
        return await cursor.fetchall()


async def _companies(
    connection: AsyncConnection[Any], tenant_id: UUID | None, after: UUID | None, limit: int
) -> list[CompanyRow]:
    async with connection.cursor(row_factory=class_row(CompanyRow)) as cursor:
        await cursor.execute(_QUERIES["list_tenants"], {"tenant_id": tenant_id, "after": after, "limit": limit})
        return await cursor.fetchall()


async def _note(
    connection: AsyncConnection[Any], admin: PlatformAdmin, tenant_id: UUID, action: str, detail: dict[str, Any]
) -> None:
    target = f"tenant:{tenant_id}"
    await record(connection, tenant_id, actor=admin.actor, action=action, target=target, detail=detail)
