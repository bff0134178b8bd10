"""Subscriptions of the stand-in: begun by a checkout, changed with proration, paused, ended."""

from __future__ import annotations

import copy
from typing import Any

from evosense.testing.stripe.invoices import end_subscription, make_invoice, try_invoice
from evosense.testing.stripe.ledger import DAY, HOUR, Json, Ledger, Refusal

MONTH = 30 * DAY


def begin_subscription(
    ledger: Ledger,
    customer_id: str,
    prices: list[tuple[str, int]],
    *,
    metadata: Json,
    trial_end: int | None = None,
    status: str = "incomplete",
    collection_method: str = "charge_automatically",
) -> Json:
    """A subscription of (price id, quantity) items; trialing with a trial, else `status`."""
    start, end = ledger.now, trial_end or ledger.now + MONTH
    made = ledger.put(
        {
            "id": ledger.new_id("sub"),
            "object": "subscription",
            "cancel_at": None,
            "cancel_at_period_end": False,
            "canceled_at": None,
            "collection_method": collection_method,
            "created": ledger.now,
            "currency": "brl",
            "customer": customer_id,
            "ended_at": None,
            "items": {"object": "list", "data": [_item(ledger, price, count, start, end) for price, count in prices]},
            "livemode": ledger.livemode,
            "metadata": metadata,
            "pending_update": None,
            "start_date": ledger.now,
            "status": "trialing" if trial_end else status,
            "trial_end": trial_end,
            "_credit": 0,
            "_told_trial": False,
            "_gives_up_at": None,
        }
    )
    ledger.emit("customer.subscription.created", made)
    return made


def price_of(subscription: Json) -> int:
    """What one period costs, in centavos."""
    return _total(subscription["items"]["data"])


def change_subscription(ledger: Ledger, subscription: Json, params: Json) -> Json:
    """Stripe's update: items with proration, metadata, the end of the subscription."""
    if subscription["status"] in ("canceled", "incomplete_expired"):
        message = "A canceled subscription can only update its cancellation_details."
        raise Refusal(400, "invalid_request_error", None, message)
    if_paid = params.get("payment_behavior") == "pending_if_incomplete"
    if if_paid and params.get("metadata"):
        raise Refusal(400, "invalid_request_error", None, "metadata can't be updated with pending_if_incomplete")
    for key, value in (params.get("metadata") or {}).items():
        if value == "":
            subscription["metadata"].pop(key, None)
        else:
            subscription["metadata"][key] = value
    if "cancel_at_period_end" in params:
        _set_ending(ledger, subscription, ends=params["cancel_at_period_end"] == "true")
    if params.get("items"):
        _change_items(ledger, subscription, params, if_paid=if_paid)
    ledger.emit("customer.subscription.updated", subscription)
    return subscription


def pause(ledger: Ledger, subscription: Json) -> None:
    """The trial ended without a way to pay."""
    subscription["status"] = "paused"
    ledger.emit("customer.subscription.paused", subscription)


def resume(ledger: Ledger, subscription: Json) -> None:
    """A paused subscription is taken up again, with a new period."""
    renew(ledger, subscription, status="active", reason="subscription_update")
    ledger.emit("customer.subscription.resumed", subscription)


def renew(ledger: Ledger, subscription: Json, *, status: str, reason: str) -> None:
    """A new period with its invoice, tried at once where the card is charged automatically."""
    was = subscription["status"]
    subscription["status"] = status
    for item in subscription["items"]["data"]:
        item |= {"current_period_start": ledger.now, "current_period_end": ledger.now + MONTH}
    amount = max(price_of(subscription) + subscription["_credit"], 0)
    subscription["_credit"] = 0
    invoice = make_invoice(ledger, subscription, amount, reason)
    if subscription["collection_method"] == "charge_automatically" and was != "unpaid":
        try_invoice(ledger, invoice)
    ledger.emit("customer.subscription.updated", subscription)


def remove_customer(ledger: Ledger, customer: Json) -> None:
    """Deleting a customer cancels what it subscribed to."""
    for subscription in ledger.of_customer("subscription", customer["id"]):
        if subscription["status"] not in ("canceled", "incomplete_expired"):
            end_subscription(ledger, subscription)
    customer["deleted"] = True
    ledger.emit("customer.deleted", customer)


def _item(ledger: Ledger, price_id: str, quantity: int, start: int, end: int) -> Json:
    return {
        "id": ledger.new_id("si"),
        "object": "subscription_item",
        "created": ledger.now,
        "current_period_start": start,
        "current_period_end": end,
        "price": copy.deepcopy(ledger.get("price", price_id)),
        "quantity": quantity,
    }


def _total(items: list[Json]) -> int:
    return sum(item["price"]["unit_amount"] * item["quantity"] for item in items)


def _set_ending(ledger: Ledger, subscription: Json, *, ends: bool) -> None:
    period_end = min(item["current_period_end"] for item in subscription["items"]["data"])
    subscription |= {
        "cancel_at_period_end": ends,
        "cancel_at": period_end if ends else None,
        "canceled_at": ledger.now if ends else None,
    }


def _change_items(ledger: Ledger, subscription: Json, params: Json, *, if_paid: bool) -> None:
    proration = params.get("proration_behavior", "create_prorations")
    customer = ledger.get("customer", subscription["customer"])
    if if_paid and customer["_boleto"]:
        raise Refusal(400, "invalid_request_error", None, "payment_behavior is not supported for this payment method")
    before = subscription["items"]["data"]
    after = _changed_items(ledger, before, params["items"])
    left = min(item["current_period_end"] for item in before) - ledger.now
    difference = round((_total(after) - _total(before)) * left / MONTH)
    if proration == "none" or subscription["status"] == "trialing":
        subscription["items"]["data"] = after
    elif proration == "create_prorations" or difference <= 0:
        subscription["items"]["data"] = after
        subscription["_credit"] += difference
    else:
        if not if_paid:
            subscription["items"]["data"] = after
        invoice = make_invoice(ledger, subscription, difference, "subscription_update")
        if if_paid:
            invoice["_pending_update"] = after
            subscription["pending_update"] = {"expires_at": ledger.now + 23 * HOUR}
        try_invoice(ledger, invoice)


def _changed_items(ledger: Ledger, before: list[Json], changes: list[Json]) -> list[Json]:
    after = copy.deepcopy(before)
    for change in changes:
        known = next((item for item in after if item["id"] == change.get("id")), None)
        if change.get("id") and known is None:
            raise Refusal(400, "invalid_request_error", "resource_missing", "No such subscription item")
        if known is None:
            start, end = before[0]["current_period_start"], before[0]["current_period_end"]
            after.append(_item(ledger, change["price"], int(change.get("quantity", 1)), start, end))
        elif change.get("deleted") == "true":
            after.remove(known)
        else:
            known |= _changed(ledger, known, change)
    return after


def _changed(ledger: Ledger, item: Json, change: Json) -> dict[str, Any]:
    price = copy.deepcopy(ledger.get("price", change["price"])) if change.get("price") else item["price"]
    return {"price": price, "quantity": int(change.get("quantity", item["quantity"]))}
