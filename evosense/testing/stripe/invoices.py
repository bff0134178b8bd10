"""Invoices of the stand-in: made, tried, paid, failed, voided; and what each of that does to the subscription."""

from __future__ import annotations

from typing import Final

from evosense.testing.stripe.ledger import DAY, HOUR, Json, Ledger, Refusal

# Days from one attempt to the next; after the last one the account's setting decides.
RETRY_DAYS: Final = (3, 5, 7)


def make_invoice(ledger: Ledger, subscription: Json, amount: int, reason: str) -> Json:
    """A finalized invoice for the subscription's current period, not tried yet."""
    period = subscription["items"]["data"][0]
    manual = subscription["collection_method"] == "send_invoice"
    invoice = ledger.put(
        {
            "id": ledger.new_id("in"),
            "object": "invoice",
            "amount_due": amount,
            "amount_paid": 0,
            "attempt_count": 0,
            "billing_reason": reason,
            "collection_method": subscription["collection_method"],
            "created": ledger.now,
            "currency": "brl",
            "customer": subscription["customer"],
            "customer_email": "financeiro@loja.example",
            "due_date": ledger.now + 10 * DAY if manual else None,
            "lines": {
                "object": "list",
                "data": [
                    {
                        "id": ledger.new_id("il"),
                        "period": {"start": period["current_period_start"], "end": period["current_period_end"]},
                    }
                ],
            },
            "livemode": ledger.livemode,
            "next_payment_attempt": None,
            "parent": {"type": "subscription_details", "subscription_details": {"subscription": subscription["id"]}},
            "period_start": ledger.now,
            "period_end": ledger.now,
            "status": "draft",
            "status_transitions": {"finalized_at": None, "paid_at": None},
            "_pending_update": None,
            "_gives_up_at": None,
            "_told_overdue": False,
        }
    )
    ledger.emit("invoice.created", invoice)
    invoice["status"] = "open"
    invoice["status_transitions"]["finalized_at"] = ledger.now
    ledger.emit("invoice.finalized", invoice)
    return invoice


def subscription_of(ledger: Ledger, invoice: Json) -> Json:
    """The subscription an invoice belongs to."""
    return ledger.get("subscription", invoice["parent"]["subscription_details"]["subscription"])


def settle_invoice(ledger: Ledger, invoice: Json) -> None:
    """The invoice is paid: money moves once, the subscription becomes active."""
    if invoice["status"] == "paid":
        raise Refusal(400, "invalid_request_error", "invoice_already_paid", "Invoice is already paid")
    if invoice["amount_due"]:
        ledger.charge(invoice, invoice["amount_due"])
    invoice |= {"status": "paid", "amount_paid": invoice["amount_due"], "next_payment_attempt": None}
    invoice["status_transitions"]["paid_at"] = ledger.now
    ledger.emit("invoice.paid", invoice)
    ledger.emit("invoice.payment_succeeded", invoice)
    subscription = subscription_of(ledger, invoice)
    if invoice["_pending_update"] is not None:
        subscription["items"]["data"] = invoice["_pending_update"]
        subscription["pending_update"] = None
        ledger.emit("customer.subscription.pending_update_applied", subscription)
    elif subscription["status"] in ("incomplete", "past_due", "unpaid"):
        others = [
            other
            for other in ledger.of_customer("invoice", invoice["customer"])
            if other["status"] == "open" and subscription_of(ledger, other) is subscription
        ]
        if others and subscription["status"] != "incomplete":
            return
        subscription["status"] = "active"
        subscription["_gives_up_at"] = None
    else:
        return
    ledger.emit("customer.subscription.updated", subscription)


def try_invoice(ledger: Ledger, invoice: Json) -> bool:
    """Charge the customer's card; a decline schedules the next attempt and makes the subscription past due."""
    customer = ledger.get("customer", invoice["customer"])
    invoice["attempt_count"] += 1
    if not customer["_declines"] or invoice["amount_due"] == 0:
        settle_invoice(ledger, invoice)
        return True
    if invoice["_pending_update"] is not None:
        invoice["_gives_up_at"] = ledger.now + 23 * HOUR
        ledger.emit("invoice.payment_failed", invoice)
        return False
    tried = invoice["attempt_count"]
    more = tried <= len(RETRY_DAYS)
    invoice["next_payment_attempt"] = ledger.now + RETRY_DAYS[tried - 1] * DAY if more else None
    ledger.emit("invoice.payment_failed", invoice)
    subscription = subscription_of(ledger, invoice)
    if not more and subscription["status"] == "past_due":
        give_up(ledger, subscription)
    elif subscription["status"] == "active":
        subscription["status"] = "past_due"
        ledger.emit("customer.subscription.updated", subscription)
    return False


def give_up(ledger: Ledger, subscription: Json) -> None:
    """The last attempt failed: unpaid or canceled, as the account says."""
    if ledger.after_dunning == "unpaid":
        subscription["status"] = "unpaid"
        ledger.emit("customer.subscription.updated", subscription)
    else:
        end_subscription(ledger, subscription)


def end_subscription(ledger: Ledger, subscription: Json) -> None:
    """The subscription is canceled now and for good."""
    subscription |= {"status": "canceled", "ended_at": ledger.now}
    subscription["canceled_at"] = subscription["canceled_at"] or ledger.now
    ledger.emit("customer.subscription.deleted", subscription)


def void_invoice(ledger: Ledger, invoice: Json) -> None:
    """The invoice is taken back."""
    invoice |= {"status": "void", "next_payment_attempt": None}
    ledger.emit("invoice.voided", invoice)


def write_off(ledger: Ledger, invoice: Json) -> None:
    """Nobody expects the invoice to be paid any more."""
    invoice |= {"status": "uncollectible", "next_payment_attempt": None}
    ledger.emit("invoice.marked_uncollectible", invoice)
