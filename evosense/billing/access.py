"""A tenant's entitlements and billing page, as the database has them now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing import repository
from evosense.billing.entitlements import Entitlements, addons_of, entitlements
from evosense.billing.limits import count
from evosense.billing.models import GIVES, METERS, Access, CustomerFacts, InvoiceFacts, Meter, SubscriptionFacts
from evosense.billing.notices import Notice, list_notices
from evosense.billing.plans import find_plan, load_catalogue, load_contract
from evosense.billing.reduction import coming_limits
from evosense.billing.repository import PaymentAccount
from evosense.billing.settle import bought, stand
from evosense.billing.state import Standing, current
from evosense.db.named_queries import load
from evosense.errors import NotFound
from evosense.tenants.models import TenantStatus
from evosense.tenants.repository import get_tenant

_QUERIES = load("evosense.billing")
_INVOICES_SHOWN: Final = 24
# A tenant that nobody bills (billing is off, or a contract) stands as its status says.
_UNBILLED: Final[dict[TenantStatus, Standing]] = {
    "pending": Standing("pending", "none", "none", "checkout_needed"),
    "trial": Standing("trial", "full", "none"),
    "active": Standing("active", "full", "none"),
    "grace": Standing("grace", "full", "none"),
    "suspended": Standing("suspended", "read_only", "none", "suspended"),
    "canceled": Standing("canceled", "none", "none", "canceled"),
}


@dataclass(frozen=True, slots=True)
class BillingPage:
    """What the billing page shows. `account` is None where the tenant is not billed."""

    entitlements: Entitlements
    account: PaymentAccount | None
    subscription: SubscriptionFacts | None
    invoices: tuple[InvoiceFacts, ...]
    notices: tuple[Notice, ...]
    usage: Mapping[Meter, int]


async def load_access(connection: AsyncConnection[Any], tenant_id: UUID) -> Access:
    """Full, read_only or none: one look-up, for every request. Raises NotFound."""
    row = await (await connection.execute(_QUERIES["access"], {"tenant_id": tenant_id})).fetchone()
    if row is None:
        raise NotFound
    return min(_UNBILLED[row[0]].access, row[1], key=GIVES.__getitem__)


async def load_entitlements(
    connection: AsyncConnection[Any], tenant_id: UUID, *, now: datetime | None = None
) -> Entitlements:
    """What the tenant may use now. Runs in the caller's transaction. Raises NotFound."""
    account = await repository.get_account(connection, tenant_id)
    facts = await _facts(connection, tenant_id, account)
    return await _entitlements(connection, tenant_id, account, facts, now or datetime.now(UTC))


async def load_usage(
    connection: AsyncConnection[Any], tenant_id: UUID, *, now: datetime | None = None
) -> tuple[Entitlements, dict[Meter, int]]:
    """What the tenant may use, and how much of each meter it does. Runs in the caller's transaction."""
    now = now or datetime.now(UTC)
    used: dict[Meter, int] = {meter: await count(connection, tenant_id, meter, now=now) for meter in METERS}
    return await load_entitlements(connection, tenant_id, now=now), used


async def load_page(connection: AsyncConnection[Any], tenant_id: UUID, *, now: datetime | None = None) -> BillingPage:
    """The tenant's billing page. Runs in the caller's transaction. Raises NotFound."""
    now = now or datetime.now(UTC)
    account = await repository.get_account(connection, tenant_id)
    facts = await _facts(connection, tenant_id, account)
    return BillingPage(
        entitlements=await _entitlements(connection, tenant_id, account, facts, now),
        account=account,
        subscription=current(facts.subscriptions),
        invoices=facts.invoices[:_INVOICES_SHOWN],
        notices=tuple(await list_notices(connection, tenant_id)),
        usage={meter: await count(connection, tenant_id, meter, now=now) for meter in METERS},
    )


async def _facts(connection: AsyncConnection[Any], tenant_id: UUID, account: PaymentAccount | None) -> CustomerFacts:
    if account is None:
        return CustomerFacts("")
    return await repository.stored(connection, tenant_id, account.stripe_customer_id)


async def _entitlements(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    account: PaymentAccount | None,
    facts: CustomerFacts,
    now: datetime,
) -> Entitlements:
    tenant = await get_tenant(connection, tenant_id)
    catalogue = await load_catalogue(connection)
    billed = account is not None and account.managed_by == "stripe"
    standing = stand(account, facts, now) if account is not None and billed else None
    subscription = bought(facts)
    found = entitlements(
        catalogue,
        find_plan(catalogue, tenant.plan_id),
        addons_of(catalogue, subscription),
        await load_contract(connection, tenant_id),
        standing or _UNBILLED[tenant.status],
    )
    return replace(found, coming=await coming_limits(connection, tenant_id, catalogue, subscription, now))
