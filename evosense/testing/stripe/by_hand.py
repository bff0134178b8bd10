"""What nobody does through EvoSense: subscriptions and payment methods made by hand, and Stripe's test clocks.

Tests that run against Stripe's test mode need these, since no program can pay on a checkout page there.
"""

from __future__ import annotations

from typing import Final

from evosense.testing.stripe.clock import advance
from evosense.testing.stripe.invoices import make_invoice, try_invoice
from evosense.testing.stripe.ledger import Json, Ledger, public
from evosense.testing.stripe.subscriptions import begin_subscription, price_of

# Of Stripe's test cards: the one that can be attached and then declines every charge.
DECLINING_CARD: Final = "pm_card_chargeCustomerFail"


def attach_method(ledger: Ledger, params: Json, method: str) -> Json:
    """Give a customer one of Stripe's test cards."""
    customer = ledger.get("customer", params["customer"])
    customer["_declines"] = method == DECLINING_CARD
    return {"id": ledger.new_id("pm"), "object": "payment_method", "customer": customer["id"], "type": "card"}


def update_customer(ledger: Ledger, params: Json, customer_id: str) -> Json:
    """Change a customer's metadata; the way it pays by default is the one that was attached last."""
    customer = ledger.get("customer", customer_id)
    customer["metadata"] |= params.get("metadata") or {}
    ledger.emit("customer.updated", customer)
    return public(customer)


def subscribe(ledger: Ledger, params: Json, _: str) -> Json:
    """A subscription without a checkout page, its first invoice tried at once."""
    items = [(ledger.get("price", item["price"])["id"], int(item.get("quantity", 1))) for item in params["items"]]
    made = begin_subscription(ledger, params["customer"], items, metadata=params.get("metadata") or {})
    try_invoice(ledger, make_invoice(ledger, made, price_of(made), "subscription_create"))
    return public(made)


def make_clock(ledger: Ledger, params: Json, _: str) -> Json:
    """A test clock. Here it is the account's own."""
    ledger.now = int(params["frozen_time"])
    return public(
        ledger.put(
            {
                "id": ledger.new_id("clock"),
                "object": "test_helpers.test_clock",
                "created": ledger.now,
                "frozen_time": ledger.now,
                "livemode": ledger.livemode,
                "name": params.get("name"),
                "status": "ready",
            }
        )
    )


def advance_clock(ledger: Ledger, params: Json, clock_id: str) -> Json:
    """Set it forward; all that falls due has happened when it is `ready` again."""
    clock = ledger.get("test_helpers.test_clock", clock_id)
    until = int(params["frozen_time"])
    advance(ledger, until - ledger.now)
    clock["frozen_time"] = until
    return public(clock)


def delete_clock(ledger: Ledger, _: Json, clock_id: str) -> Json:
    """Away with it."""
    clock = ledger.objects.pop(ledger.get("test_helpers.test_clock", clock_id)["id"])
    return {"id": clock["id"], "object": clock["object"], "deleted": True}
