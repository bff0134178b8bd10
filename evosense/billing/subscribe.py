"""Buying a subscription: the Stripe customer of a tenant, its checkout page and its portal.

Two open checkout pages are two chances to pay twice: an older page is closed before a new one is made, and a tenant
that has a subscription changes it instead (`change.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from evosense.billing import repository
from evosense.billing.intents import Intent, carry_out, idempotency_key, recent_checkouts
from evosense.billing.models import FINAL, Catalogue
from evosense.billing.payments import Checkout, NewCheckout, Payments
from evosense.billing.plans import find_plan, load_catalogue
from evosense.billing.state import current
from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import Conflict, InvalidInput, NotFound
from evosense.tenants.repository import get_tenant

# Stripe closes a checkout page after a day by itself.
_CHECKOUT_LIFE: Final = timedelta(hours=25)
# Stripe takes no trial that ends sooner.
_SHORTEST_TRIAL: Final = timedelta(hours=49)


class AlreadySubscribed(Conflict):
    """There is a subscription already; change its plan instead of buying a second one."""

    code = "already_subscribed"


class PaymentPending(Conflict):
    """A first payment is still open (a boleto takes up to three days); pay it, or wait until it expires."""

    code = "payment_pending"


@dataclass(frozen=True, slots=True)
class Pages:
    """Where Stripe sends people back to."""

    success_url: str
    cancel_url: str


async def start_checkout(
    pool: AsyncPool,
    payments: Payments,
    actor: Actor,
    plan_id: str,
    addons: Mapping[str, int],
    pages: Pages,
    now: datetime,
) -> Checkout:
    """A page on which the tenant buys `plan_id` with `addons` (quantity by id); the same page when asked again.

    Raises:
        AlreadySubscribed, PaymentPending: buying once more would charge twice.
        NotFound, InvalidInput: no such plan or add-on, or one that is sold by contract only.
    """
    async with tenant_transaction(pool, actor) as connection:
        prices = basket(await load_catalogue(connection), plan_id, addons)
    params = {"plan_id": plan_id, "addons": dict(addons)}
    async with carry_out(pool, actor, "checkout", params, now) as intent:
        customer_id = await ensure_customer(pool, payments, actor)
        await _refuse_second(payments, customer_id)
        page = await _reuse_or_close(pool, payments, actor, intent, params, now)
        if page is None:
            await _refuse_second(payments, customer_id)  # an older page may have been paid just before it closed
            trial_ends_at = await _rest_of_trial(pool, actor, now)
            new = NewCheckout(
                actor.tenant_id, customer_id, plan_id, prices, pages.success_url, pages.cancel_url, trial_ends_at
            )
            page = await payments.create_checkout(new, key=intent.key("checkout"))
        intent.result_id = page.checkout_id
        return page


async def open_portal(pool: AsyncPool, payments: Payments, actor: Actor, return_url: str) -> str:
    """A link to Stripe's page for payment methods and invoices; good for a few minutes."""
    customer_id = await ensure_customer(pool, payments, actor)
    # A link is no charge: each wish for one is a new one.
    return await payments.create_portal(customer_id, return_url, key=idempotency_key(actor.tenant_id, str(new_id())))


async def ensure_customer(pool: AsyncPool, payments: Payments, actor: Actor) -> str:
    """The tenant's Stripe customer, made at the first need."""
    async with tenant_transaction(pool, actor) as connection:
        account = await repository.get_account(connection, actor.tenant_id)
        tenant = await get_tenant(connection, actor.tenant_id)
    if account is not None and account.livemode != payments.livemode:
        message = "this company's billing belongs to Stripe's other mode (test or live); an operator has to settle it"
        raise Conflict(message)
    if account is not None and account.stripe_customer_id is not None:
        return account.stripe_customer_id
    key = idempotency_key(actor.tenant_id, f"customer|{tenant.name}")
    customer_id = await payments.create_customer(actor.tenant_id, tenant.name, key=key)
    async with tenant_transaction(pool, actor) as connection:
        await repository.bind_customer(connection, actor.tenant_id, customer_id, livemode=payments.livemode)
        bound = await repository.get_account(connection, actor.tenant_id)
    if bound is None or bound.stripe_customer_id is None:
        raise Conflict
    return bound.stripe_customer_id


def basket(catalogue: Catalogue, plan_id: str, addons: Mapping[str, int]) -> dict[str, int]:
    """Quantity by lookup key of what is bought. Raises NotFound or InvalidInput for what can't be bought."""
    plan = find_plan(catalogue, plan_id)
    if plan.lookup_key is None:
        message = f"the plan {plan.name} is sold by contract; write to us"
        raise InvalidInput(message)
    prices = {plan.lookup_key: 1}
    for addon_id, quantity in addons.items():
        addon = catalogue.addons.get(addon_id)
        if addon is None:
            message = f"there is no add-on {addon_id!r}"
            raise NotFound(message)
        if addon.product_id in plan.products or quantity < 0 or (addon.product_id and quantity > 1):
            message = f"the plan {plan.name} can't take {quantity} of the add-on {addon.name}"
            raise InvalidInput(message)
        if quantity:
            prices[addon.lookup_key] = quantity
    return prices


async def _refuse_second(payments: Payments, customer_id: str) -> None:
    subscription = current((await payments.customer(customer_id)).subscriptions)
    if subscription is None or subscription.status in FINAL:
        return
    if subscription.status == "incomplete":
        raise PaymentPending
    raise AlreadySubscribed


async def _reuse_or_close(
    pool: AsyncPool,
    payments: Payments,
    actor: Actor,
    intent: Intent,
    params: Mapping[str, object],
    now: datetime,
) -> Checkout | None:
    async with tenant_transaction(pool, actor) as connection:
        recent = await recent_checkouts(connection, actor.tenant_id, now - _CHECKOUT_LIFE)
    reused: Checkout | None = None
    for intent_id, older, checkout_id in recent:
        page = await payments.checkout(checkout_id)
        if page.status != "open":
            continue
        if reused is None and older == params:
            reused = page
        else:
            await payments.expire_checkout(checkout_id, key=intent.key(f"expire {intent_id}"))
    return reused


async def _rest_of_trial(pool: AsyncPool, actor: Actor, now: datetime) -> datetime | None:
    async with tenant_transaction(pool, actor) as connection:
        account = await repository.get_account(connection, actor.tenant_id)
    ends_at = account.trial_ends_at if account else None
    return ends_at if ends_at is not None and ends_at - now > _SHORTEST_TRIAL else None
