"""Checkout pages of the stand-in: open until somebody pays by card or boleto, or they expire."""

from __future__ import annotations

from evosense.testing.stripe.invoices import make_invoice, settle_invoice, subscription_of, void_invoice
from evosense.testing.stripe.ledger import DAY, Json, Ledger, Refusal
from evosense.testing.stripe.subscriptions import begin_subscription, price_of


def open_checkout(ledger: Ledger, params: Json) -> Json:
    """A page on which one subscription can be bought."""
    data: Json = params.get("subscription_data") or {}
    customer = ledger.get("customer", params["customer"])
    session_id = ledger.new_id("cs_test")
    return ledger.put(
        {
            "id": session_id,
            "object": "checkout.session",
            "client_reference_id": params.get("client_reference_id"),
            "created": ledger.now,
            "customer": customer["id"],
            "expires_at": ledger.now + DAY,
            "livemode": ledger.livemode,
            "metadata": params.get("metadata") or {},
            "mode": params["mode"],
            "payment_status": "unpaid",
            "status": "open",
            "subscription": None,
            "url": f"{ledger.pages}/c/pay/{session_id}",
            "_success_url": params.get("success_url"),
            "_cancel_url": params.get("cancel_url"),
            "_items": [
                (ledger.get("price", line["price"])["id"], int(line["quantity"])) for line in params["line_items"]
            ],
            "_metadata": data.get("metadata") or {},
            "_trial_end": int(data["trial_end"]) if data.get("trial_end") else None,
            "_invoice": None,
        }
    )


def pay_checkout(ledger: Ledger, session: Json, *, method: str = "card") -> Json | None:
    """Somebody pays by `card`, `boleto` or a `declined` card; answers the subscription, None when it was declined."""
    if session["status"] != "open":
        raise Refusal(400, "invalid_request_error", None, "This Checkout Session is no longer open")
    if method == "declined":
        return None
    customer = ledger.get("customer", session["customer"])
    customer["_boleto"] = method == "boleto"
    subscription = begin_subscription(
        ledger, customer["id"], session["_items"], metadata=session["_metadata"], trial_end=session["_trial_end"]
    )
    session |= {"status": "complete", "url": None, "subscription": subscription["id"]}
    amount = 0 if session["_trial_end"] else price_of(subscription)
    invoice = make_invoice(ledger, subscription, amount, "subscription_create")
    session["_invoice"] = invoice["id"]
    if method == "card" or amount == 0:
        invoice["attempt_count"] = 1
        settle_invoice(ledger, invoice)
        session["payment_status"] = "paid" if amount else "no_payment_required"
    else:
        subscription["_gives_up_at"] = ledger.now + 4 * DAY
    ledger.emit("checkout.session.completed", session)
    return subscription


def settle_boleto(ledger: Ledger, session: Json, *, paid: bool) -> None:
    """The bank tells, days later, whether the boleto was paid."""
    invoice = ledger.get("invoice", session["_invoice"])
    if paid:
        settle_invoice(ledger, invoice)
        session["payment_status"] = "paid"
        ledger.emit("checkout.session.async_payment_succeeded", session)
        return
    invoice["attempt_count"] += 1
    ledger.emit("invoice.payment_failed", invoice)
    ledger.emit("checkout.session.async_payment_failed", session)
    expire_incomplete(ledger, subscription_of(ledger, invoice))


def expire_incomplete(ledger: Ledger, subscription: Json) -> None:
    """The first payment never came."""
    subscription |= {"status": "incomplete_expired", "ended_at": ledger.now, "_gives_up_at": None}
    for invoice in ledger.of_customer("invoice", subscription["customer"]):
        if invoice["status"] == "open" and subscription_of(ledger, invoice) is subscription:
            void_invoice(ledger, invoice)
    ledger.emit("customer.subscription.updated", subscription)


def expire_checkout(ledger: Ledger, session: Json) -> Json:
    """Nobody can pay on the page any more."""
    if session["status"] != "open":
        raise Refusal(
            400, "invalid_request_error", None, "Only Checkout Sessions with a status in [open] can be expired"
        )
    session |= {"status": "expired", "url": None}
    ledger.emit("checkout.session.expired", session)
    return session
