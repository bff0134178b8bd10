"""The projection in the database: what was observed of a customer, and what follows from it for the tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from evosense.billing.models import (
    Access,
    AccountStatus,
    CustomerFacts,
    InvoiceFacts,
    Observation,
    SubscriptionFacts,
)
from evosense.billing.webhook_events import StripeEvent
from evosense.db.named_queries import load

_QUERIES = load("evosense.billing")
_ALL_INVOICES = 1000


@dataclass(frozen=True, slots=True)
class PaymentAccount:
    """How a tenant is billed. `managed_by` contract means: people look after it, nothing is switched by itself."""

    tenant_id: UUID
    managed_by: Literal["stripe", "contract"]
    stripe_customer_id: str | None
    livemode: bool
    status: AccountStatus
    access: Access
    subscription_id: str | None
    period_start: datetime | None
    period_end: datetime | None
    paid_until: datetime | None
    trial_ends_at: datetime | None
    past_due_since: datetime | None
    purge_after: datetime | None
    synced_at: datetime | None


async def get_account(connection: AsyncConnection[Any], tenant_id: UUID) -> PaymentAccount | None:
    """How the tenant is billed, or None when it is not."""
    async with connection.cursor(row_factory=class_row(PaymentAccount)) as cursor:
        await cursor.execute(_QUERIES["account"], {"tenant_id": tenant_id})
        return await cursor.fetchone()


async def find_customer(connection: AsyncConnection[Any], customer_id: str) -> tuple[UUID, bool] | None:
    """Tenant and mode (True: live) of a Stripe customer, or None when it is nobody's."""
    return await (await connection.execute(_QUERIES["account_by_customer"], {"customer_id": customer_id})).fetchone()


async def list_accounts(connection: AsyncConnection[Any]) -> list[tuple[UUID, str | None]]:
    """Every tenant that Stripe looks after, with its customer."""
    return await (await connection.execute(_QUERIES["accounts"])).fetchall()


async def open_account(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    *,
    livemode: bool,
    trial_ends_at: datetime | None = None,
    managed_by: Literal["stripe", "contract"] = "stripe",
) -> None:
    """Bill the tenant from now on; without a subscription its access ends with the trial."""
    values = {
        "tenant_id": tenant_id,
        "livemode": livemode,
        "trial_ends_at": trial_ends_at,
        "managed_by": managed_by,
    }
    await connection.execute(_QUERIES["open_account"], values)


async def promise_trial(
    connection: AsyncConnection[Any], tenant_id: UUID, *, livemode: bool, ends_at: datetime
) -> bool:
    """Promise the tenant a trial; False where one was promised before, or a subscription or contract decides."""
    values = {"tenant_id": tenant_id, "livemode": livemode, "trial_ends_at": ends_at}
    return await (await connection.execute(_QUERIES["promise_trial"], values)).fetchone() is not None


async def set_management(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    managed_by: Literal["stripe", "contract"],
    *,
    trial_ends_at: datetime | None,
) -> None:
    """Write down who looks after the tenant, and until when it needs no subscription."""
    values = {"tenant_id": tenant_id, "managed_by": managed_by, "trial_ends_at": trial_ends_at}
    await connection.execute(_QUERIES["set_management"], values)


async def is_anybody_billed(connection: AsyncConnection[Any]) -> bool:
    """Whether any tenant stands as a subscription or trial says, so that time can change it."""
    row = await (await connection.execute(_QUERIES["is_anybody_billed"])).fetchone()
    return bool(row and row[0])


async def bind_customer(connection: AsyncConnection[Any], tenant_id: UUID, customer_id: str, *, livemode: bool) -> bool:
    """Say that the Stripe customer is this tenant; False when the tenant has another one."""
    values = {"tenant_id": tenant_id, "customer_id": customer_id, "livemode": livemode}
    return await (await connection.execute(_QUERIES["bind_customer"], values)).fetchone() is not None


async def put_subscription(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    facts: SubscriptionFacts,
    plan_id: str | None,
    observation: Observation,
) -> None:
    """Store the subscription unless a newer observation is stored; `plan_id` is the plan its items stand for."""
    values = asdict(facts) | {
        "tenant_id": tenant_id,
        "plan_id": plan_id,
        "observed_at": observation.at,
        "observed_by": observation.by,
    }
    if await (await connection.execute(_QUERIES["put_subscription"], values)).fetchone() is None:
        return
    items = {
        "tenant_id": tenant_id,
        "subscription_id": facts.subscription_id,
        "item_ids": [item.item_id for item in facts.items],
        "lookup_keys": [item.lookup_key for item in facts.items],
        "quantities": [item.quantity for item in facts.items],
        "unit_amounts": [item.unit_amount_cents for item in facts.items],
        "intervals": [item.interval for item in facts.items],
        "interval_counts": [item.interval_count for item in facts.items],
    }
    await connection.execute(_QUERIES["drop_items"], items)
    await connection.execute(_QUERIES["put_items"], items)


async def put_invoice(
    connection: AsyncConnection[Any], tenant_id: UUID, facts: InvoiceFacts, observation: Observation
) -> None:
    """Store the invoice unless a newer observation is stored."""
    values = asdict(facts) | {
        "tenant_id": tenant_id,
        "observed_at": observation.at,
        "observed_by": observation.by,
    }
    await connection.execute(_QUERIES["put_invoice"], values)


async def stored(connection: AsyncConnection[Any], tenant_id: UUID, customer_id: str | None) -> CustomerFacts:
    """The projection of the tenant: its subscriptions and newest invoices."""
    subscriptions = await stored_subscriptions(connection, tenant_id, customer_id)
    customer = {"customer_id": customer_id or ""}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["invoices"], {"tenant_id": tenant_id, "limit": _ALL_INVOICES})
        bills = [msgspec.convert(row | customer, InvoiceFacts) for row in await cursor.fetchall()]
    return CustomerFacts(customer_id or "", subscriptions, tuple(bills))


async def stored_subscriptions(
    connection: AsyncConnection[Any], tenant_id: UUID, customer_id: str | None
) -> tuple[SubscriptionFacts, ...]:
    """The subscriptions of the tenant, the newest first."""
    customer = {"customer_id": customer_id or ""}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["subscriptions"], {"tenant_id": tenant_id})
        return tuple(msgspec.convert(row | customer, SubscriptionFacts) for row in await cursor.fetchall())


async def lock_tenant(connection: AsyncConnection[Any], tenant_id: UUID) -> tuple[str, str]:
    """Plan and status of the tenant, held until the transaction ends."""
    row = await (await connection.execute(_QUERIES["lock_tenant"], {"tenant_id": tenant_id})).fetchone()
    if row is None:
        message = f"tenant {tenant_id} is gone"
        raise LookupError(message)
    return str(row[0]), str(row[1])


async def set_tenant(connection: AsyncConnection[Any], tenant_id: UUID, *, plan_id: str, status: str) -> None:
    """Write plan and status of the tenant."""
    await connection.execute(_QUERIES["set_tenant"], {"tenant_id": tenant_id, "plan_id": plan_id, "status": status})


async def set_account(connection: AsyncConnection[Any], account: PaymentAccount) -> None:
    """Write what follows from the subscription; customer, mode and trial are left alone."""
    await connection.execute(_QUERIES["set_account"], asdict(account))


async def add_history(connection: AsyncConnection[Any], tenant_id: UUID, events: Sequence[StripeEvent]) -> None:
    """Let events join the tenant's billing history, each once."""
    values = {
        "tenant_id": tenant_id,
        "event_ids": [event.event_id for event in events],
        "types": [event.type for event in events],
        "object_ids": [event.object_id for event in events],
        "created_ats": [event.created_at for event in events],
    }
    await connection.execute(_QUERIES["add_billing_events"], values)
