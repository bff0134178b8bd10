"""Time at the stand-in: setting the clock forward makes everything happen that falls due, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from evosense.testing.stripe.checkouts import expire_checkout, expire_incomplete
from evosense.testing.stripe.invoices import end_subscription, subscription_of, try_invoice, void_invoice
from evosense.testing.stripe.ledger import DAY, Json, Ledger
from evosense.testing.stripe.subscriptions import renew

_Due = tuple[int, str, Callable[[], None]]


def advance(ledger: Ledger, seconds: int) -> None:
    """Let `seconds` pass: renewals, retries, ends of trials, expiries."""
    until = ledger.now + seconds
    while due := min((one for one in _due(ledger) if one[0] <= until), key=lambda one: (one[0], one[1]), default=None):
        ledger.now = max(ledger.now, due[0])
        due[2]()
    ledger.now = until


def _due(ledger: Ledger) -> Iterator[_Due]:
    for session in ledger.all("checkout.session"):
        if session["status"] == "open":
            yield session["expires_at"], session["id"], lambda one=session: _drop(expire_checkout(ledger, one))
    for invoice in ledger.all("invoice"):
        yield from _due_invoice(ledger, invoice)
    for subscription in ledger.all("subscription"):
        yield from _due_subscription(ledger, subscription)


def _due_invoice(ledger: Ledger, invoice: Json) -> Iterator[_Due]:
    if invoice["status"] != "open":
        return
    if invoice["next_payment_attempt"]:
        yield invoice["next_payment_attempt"], invoice["id"], lambda: _drop(try_invoice(ledger, invoice))
    if invoice["_gives_up_at"]:
        yield invoice["_gives_up_at"], invoice["id"], lambda: _drop_update(ledger, invoice)
    if invoice["due_date"] and not invoice["_told_overdue"]:
        yield invoice["due_date"], invoice["id"], lambda: _overdue(ledger, invoice)


def _due_subscription(ledger: Ledger, subscription: Json) -> Iterator[_Due]:
    name, status = subscription["id"], subscription["status"]
    if status == "incomplete" and subscription["_gives_up_at"]:
        yield subscription["_gives_up_at"], name, lambda: expire_incomplete(ledger, subscription)
    if status == "trialing" and not subscription["_told_trial"]:
        yield subscription["trial_end"] - 3 * DAY, name, lambda: _tell_trial(ledger, subscription)
    if status in ("trialing", "active", "past_due"):
        period_end = min(item["current_period_end"] for item in subscription["items"]["data"])
        yield period_end, name, lambda: _period_ends(ledger, subscription)


def _period_ends(ledger: Ledger, subscription: Json) -> None:
    if subscription["cancel_at_period_end"]:
        end_subscription(ledger, subscription)
        return
    status = "past_due" if subscription["status"] == "past_due" else "active"
    renew(ledger, subscription, status=status, reason="subscription_cycle")


def _tell_trial(ledger: Ledger, subscription: Json) -> None:
    subscription["_told_trial"] = True
    ledger.emit("customer.subscription.trial_will_end", subscription)


def _overdue(ledger: Ledger, invoice: Json) -> None:
    invoice["_told_overdue"] = True
    ledger.emit("invoice.overdue", invoice)
    subscription = subscription_of(ledger, invoice)
    if subscription["status"] == "active":
        subscription["status"] = "past_due"
        ledger.emit("customer.subscription.updated", subscription)


def _drop_update(ledger: Ledger, invoice: Json) -> None:
    subscription = subscription_of(ledger, invoice)
    subscription["pending_update"] = None
    invoice["_gives_up_at"] = None
    ledger.emit("customer.subscription.pending_update_expired", subscription)
    void_invoice(ledger, invoice)


def _drop(_answer: object) -> None:
    """What the clock makes happen is told by events."""
