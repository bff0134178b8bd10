"""The price list at Stripe: one monthly price per plan and add-on, found by its lookup key."""

from __future__ import annotations

import hashlib

from evosense.billing.models import Catalogue, Price
from evosense.billing.payments import Payments


async def publish_prices(payments: Payments, catalogue: Catalogue) -> list[str]:
    """Make what is missing or costs something else by now; answers the lookup keys made.

    Prices at Stripe never change: a new amount is a new price that takes the lookup key over. Who subscribed before
    goes on paying the old one.
    """
    wanted = wanted_prices(catalogue)
    found = {price.lookup_key: price for price in await payments.prices([price.lookup_key for price in wanted])}
    made: list[str] = []
    for price in wanted:
        old = found.get(price.lookup_key)
        if old is None or (old.amount_cents, old.currency) != (price.amount_cents, price.currency):
            wish = f"{price.lookup_key}|{price.amount_cents}|{price.currency}|{old.price_id if old else ''}"
            await payments.create_price(price, key=hashlib.sha256(wish.encode()).hexdigest())
            made.append(price.lookup_key)
    return made


def wanted_prices(catalogue: Catalogue) -> list[Price]:
    """What Stripe has to sell: every plan and add-on with a price."""
    plans = [
        Price(plan.lookup_key, f"EvoSense {plan.name}", plan.price_cents, plan.currency)
        for plan in catalogue.plans.values()
        if plan.lookup_key is not None and plan.price_cents is not None
    ]
    addons = [
        Price(addon.lookup_key, f"EvoSense {addon.name}", addon.price_cents, addon.currency)
        for addon in catalogue.addons.values()
    ]
    return plans + addons
