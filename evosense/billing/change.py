"""Changing a subscription: a larger plan at once, a smaller one when the paid period ends, add-ons, the end of it.

Before each write Stripe is asked how the subscription stands, so a change that was carried out already is not
carried out again. A larger plan is billed at once, for the rest of the period, and begins only when that is paid.
A smaller plan changes the next invoice; until then the metadata keep the larger one, so nothing paid for is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from evosense.billing import repository
from evosense.billing.entitlements import Entitlements, addons_of, entitlements, plan_of
from evosense.billing.intents import Intent, carry_out
from evosense.billing.limits import over_limits
from evosense.billing.models import Catalogue, ItemFacts, Meter, Plan, SubscriptionFacts
from evosense.billing.payments import ItemChange, PaymentDeclined, Payments, SubscriptionChange
from evosense.billing.plans import find_plan, load_catalogue, load_contract
from evosense.billing.shapes import KEPT_PLAN_KEY, KEPT_UNTIL_KEY, PLAN_KEY
from evosense.billing.state import Standing, current
from evosense.billing.subscribe import basket
from evosense.db.database import AsyncPool
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import Conflict, InvalidInput, NotFound, UpstreamPermanent

_FORGET: Final = {KEPT_PLAN_KEY: "", KEPT_UNTIL_KEY: ""}


class NotSubscribed(Conflict):
    """There is no subscription to change; choose a plan and check out first."""

    code = "not_subscribed"


class InvoiceOpen(Conflict):
    """An invoice is open; pay it before changing the subscription."""

    code = "invoice_open"


class TooMuchInUse(Conflict):
    """More is in use than the smaller plan allows; free it first, or agree to switch connections off."""

    code = "over_limit"

    def __init__(self, over: Mapping[Meter, tuple[int, int]]) -> None:
        """`over` maps meters to (in use, limit of the smaller plan)."""
        parts = ", ".join(f"{meter}: {used} in use, {limit} allowed" for meter, (used, limit) in over.items())
        super().__init__(f"more is in use than that allows ({parts}); free it first, or agree to switch it off")
        self.over = dict(over)


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of a change: it holds, begins later, or waits for its payment and is dropped without one."""

    subscription: SubscriptionFacts
    begins_at: datetime | None = None
    waits_for_payment: bool = False


async def change_plan(
    pool: AsyncPool, payments: Payments, actor: Actor, plan_id: str, now: datetime, *, reduce: bool = False
) -> Changed:
    """Move the subscription to `plan_id`. `reduce` agrees to switch off connections above a smaller plan's limit.

    Raises:
        TooMuchInUse: more is in use than the smaller plan allows.
        NotSubscribed, InvoiceOpen, PaymentDeclined, InvalidInput, NotFound.
    """
    async with tenant_transaction(pool, actor) as connection:
        catalogue = await load_catalogue(connection)
    target = find_plan(catalogue, plan_id)
    if target.lookup_key is None:
        message = f"the plan {target.name} is sold by contract; write to us"
        raise InvalidInput(message)
    params = {"plan_id": plan_id, "reduce": reduce}
    async with carry_out(pool, actor, "change_plan", params, now) as intent:
        subscription = await _changeable(pool, payments, actor)
        intent.result_id = subscription.subscription_id
        billed = plan_of(catalogue, subscription, subscription.kept_until or now)
        enjoyed = plan_of(catalogue, subscription, now)
        if billed is None or enjoyed is None:
            message = "this subscription has a price of its own; write to us to change it"
            raise InvalidInput(message)
        if target.plan_id == billed.plan_id:
            return Changed(subscription, subscription.kept_until if enjoyed != billed else None)
        if target.position < enjoyed.position:
            await _refuse_excess(pool, actor, catalogue, target, subscription, reduce=reduce)
            return await _smaller(payments, intent, catalogue, subscription, enjoyed, target)
        if billed.position < enjoyed.position:
            subscription = await _take_back(payments, intent, catalogue, subscription, enjoyed)
        if target.plan_id == enjoyed.plan_id:
            return Changed(subscription)
        item = _plan_item(catalogue, subscription)
        change = ItemChange(item.item_id, target.lookup_key, 1)
        return await _bill_now(payments, intent, subscription, change)


async def set_addon(
    pool: AsyncPool, payments: Payments, actor: Actor, addon_id: str, quantity: int, now: datetime
) -> Changed:
    """Have `quantity` of an add-on from now on: more is billed at once, less is credited on the next invoice."""
    async with tenant_transaction(pool, actor) as connection:
        catalogue = await load_catalogue(connection)
    if addon_id not in catalogue.addons:
        message = f"there is no add-on {addon_id!r}"
        raise NotFound(message)
    addon = catalogue.addons[addon_id]
    async with carry_out(pool, actor, "set_addon", {"addon_id": addon_id, "quantity": quantity}, now) as intent:
        subscription = await _changeable(pool, payments, actor)
        intent.result_id = subscription.subscription_id
        plan = plan_of(catalogue, subscription, now)
        if plan is not None and quantity and plan.lookup_key is not None:
            basket(catalogue, plan.plan_id, {addon_id: quantity})
        item = next((one for one in subscription.items if one.lookup_key == addon.lookup_key), None)
        had = item.quantity if item else 0
        if quantity == had:
            return Changed(subscription)
        change = ItemChange(item.item_id if item else None, addon.lookup_key, quantity)
        if quantity > had:
            return await _bill_now(payments, intent, subscription, change)
        if plan is not None:
            left = addons_of(catalogue, subscription) | {addon_id: quantity}
            await _refuse_over(pool, actor, catalogue, plan, left)
        fewer = SubscriptionChange(subscription.subscription_id, [change], "create_prorations")
        return Changed(await payments.change(fewer, key=intent.key("fewer")))


async def set_ending(pool: AsyncPool, payments: Payments, actor: Actor, now: datetime, *, ends: bool) -> Changed:
    """End the subscription with the paid period (`ends`), or take that back."""
    async with carry_out(pool, actor, "cancel" if ends else "resume", {}, now) as intent:
        subscription = await _live(pool, payments, actor)
        intent.result_id = subscription.subscription_id
        if subscription.cancel_at_period_end != ends:
            change = SubscriptionChange(subscription.subscription_id, proration="none", cancel_at_period_end=ends)
            subscription = await payments.change(change, key=intent.key("ending"))
        return Changed(subscription, subscription.period_end if ends else None)


async def _live(pool: AsyncPool, payments: Payments, actor: Actor) -> SubscriptionFacts:
    async with tenant_transaction(pool, actor) as connection:
        account = await repository.get_account(connection, actor.tenant_id)
    if account is None or account.stripe_customer_id is None:
        raise NotSubscribed
    subscription = current((await payments.customer(account.stripe_customer_id)).subscriptions)
    if subscription is None or subscription.status in ("canceled", "incomplete_expired", "incomplete"):
        raise NotSubscribed
    return subscription


async def _changeable(pool: AsyncPool, payments: Payments, actor: Actor) -> SubscriptionFacts:
    subscription = await _live(pool, payments, actor)
    if subscription.status not in ("active", "trialing"):
        raise InvoiceOpen
    return subscription


async def _smaller(
    payments: Payments,
    intent: Intent,
    catalogue: Catalogue,
    subscription: SubscriptionFacts,
    enjoyed: Plan,
    target: Plan,
) -> Changed:
    ends = subscription.period_end
    keeps = ends is not None and subscription.status == "active"
    metadata = {PLAN_KEY: target.plan_id} | (
        {KEPT_PLAN_KEY: enjoyed.plan_id, KEPT_UNTIL_KEY: str(int(ends.timestamp()))} if ends and keeps else _FORGET
    )
    item = ItemChange(_plan_item(catalogue, subscription).item_id, target.lookup_key, 1)
    change = SubscriptionChange(subscription.subscription_id, [item], "none", metadata=metadata)
    return Changed(await payments.change(change, key=intent.key("smaller")), ends if keeps else None)


async def _take_back(
    payments: Payments, intent: Intent, catalogue: Catalogue, subscription: SubscriptionFacts, enjoyed: Plan
) -> SubscriptionFacts:
    """Undo a smaller plan that has not begun: this period is paid at the larger price, so nothing is billed."""
    item = ItemChange(_plan_item(catalogue, subscription).item_id, enjoyed.lookup_key, 1)
    metadata = {PLAN_KEY: enjoyed.plan_id} | _FORGET
    change = SubscriptionChange(subscription.subscription_id, [item], "none", metadata=metadata)
    return await payments.change(change, key=intent.key("take back"))


async def _bill_now(payments: Payments, intent: Intent, subscription: SubscriptionFacts, item: ItemChange) -> Changed:
    """Bill the difference at once and change only if it is paid; where that can't be, on the next invoice."""
    trial = subscription.status == "trialing"
    at_once = SubscriptionChange(
        subscription.subscription_id, [item], "none" if trial else "always_invoice", only_if_paid=not trial
    )
    try:
        changed = await payments.change(at_once, key=intent.key("bill now"))
    except PaymentDeclined:
        raise
    except UpstreamPermanent:
        # Boleto can't be charged off-session, so Stripe refuses `only_if_paid`: the difference joins the next invoice.
        later = SubscriptionChange(subscription.subscription_id, [item], "create_prorations")
        changed = await payments.change(later, key=intent.key("bill later"))
    holds = any(one.lookup_key == item.lookup_key and one.quantity == item.quantity for one in changed.items)
    return Changed(changed, waits_for_payment=not holds)


async def _refuse_excess(
    pool: AsyncPool,
    actor: Actor,
    catalogue: Catalogue,
    target: Plan,
    subscription: SubscriptionFacts,
    *,
    reduce: bool,
) -> None:
    addons = addons_of(catalogue, subscription)
    try:
        await _refuse_over(pool, actor, catalogue, target, addons)
    except TooMuchInUse as error:
        if not reduce or set(error.over) != {"connections"}:
            raise


async def _refuse_over(
    pool: AsyncPool, actor: Actor, catalogue: Catalogue, plan: Plan, addons: Mapping[str, int]
) -> None:
    async with tenant_transaction(pool, actor) as connection:
        contract = await load_contract(connection, actor.tenant_id)
        afterwards: Entitlements = entitlements(catalogue, plan, addons, contract, Standing("active", "full", "active"))
        over = await over_limits(connection, actor.tenant_id, afterwards)
    if over:
        raise TooMuchInUse(over)


def _plan_item(catalogue: Catalogue, subscription: SubscriptionFacts) -> ItemFacts:
    found = [item for item in subscription.items if catalogue.plan_of(item.lookup_key) is not None]
    if not found:
        message = "this subscription has a price of its own; write to us to change it"
        raise InvalidInput(message)
    return found[0]
