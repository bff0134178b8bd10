"""Twenty lives of a customer: each a list of steps, each step one thing that happens at Stripe.

After a step the ledger shows what Stripe would answer at that time, and `ledger.events` what it has told so far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evosense.testing.stripe import checkouts, invoices, subscriptions
from evosense.testing.stripe.clock import advance
from evosense.testing.stripe.ledger import DAY, Json, Ledger

Step = Callable[["Life"], object]
STARTER: Final = "evosense_starter_month_brl"
PRO: Final = "evosense_pro_month_brl"
SCALE: Final = "evosense_scale_month_brl"
API: Final = "evosense_addon_api_month_brl"
CONNECTION: Final = "evosense_addon_connection_month_brl"


@dataclass
class Life:
    """One customer at one account, while its history is played."""

    ledger: Ledger
    customer: Json
    tenant: str

    @property
    def subscription(self) -> Json:
        """Its newest subscription."""
        return self.ledger.of_customer("subscription", self.customer["id"])[0]

    @property
    def session(self) -> Json:
        """Its newest checkout page."""
        return self.ledger.of_customer("checkout.session", self.customer["id"])[0]

    def open_invoice(self) -> Json:
        """Its oldest open invoice."""
        found = self.ledger.of_customer("invoice", self.customer["id"])
        return [invoice for invoice in found if invoice["status"] == "open"][-1]

    def price(self, lookup_key: str) -> str:
        """The id of a price."""
        return next(one["id"] for one in self.ledger.all("price") if one["lookup_key"] == lookup_key)


def buy(lookup_key: str, method: str = "card", trial_days: int = 0) -> Step:
    """Open a checkout page and pay on it."""

    def step(life: Life) -> None:
        data: Json = {"metadata": {"evosense_tenant": life.tenant}}
        if trial_days:
            data["trial_end"] = life.ledger.now + trial_days * DAY
        lines = [{"price": life.price(lookup_key), "quantity": 1}]
        params = {"mode": "subscription", "customer": life.customer["id"], "line_items": lines}
        session = checkouts.open_checkout(life.ledger, params | {"subscription_data": data})
        checkouts.pay_checkout(life.ledger, session, method=method)

    return step


def contract(lookup_key: str) -> Step:
    """A subscription that is paid by invoice, made by hand."""
    return lambda life: invoices.make_invoice(
        life.ledger,
        subscriptions.begin_subscription(
            life.ledger,
            life.customer["id"],
            [(life.price(lookup_key), 1)],
            metadata={"evosense_tenant": life.tenant},
            status="active",
            collection_method="send_invoice",
        ),
        99_900,
        "subscription_create",
    )


def wait(days: float) -> Step:
    """Time passes."""
    return lambda life: advance(life.ledger, int(days * DAY))


def card(*, declines: bool) -> Step:
    """The customer's card begins or ceases to be declined."""

    def step(life: Life) -> None:
        life.customer["_declines"] = declines
        life.ledger.emit("customer.updated", life.customer)

    return step


def pay(life: Life) -> object:
    """Somebody pays the oldest open invoice by hand."""
    return invoices.settle_invoice(life.ledger, life.open_invoice())


def boleto(*, paid: bool) -> Step:
    """The bank tells about the boleto."""
    return lambda life: checkouts.settle_boleto(life.ledger, life.session, paid=paid)


def change(lookup_key: str, proration: str = "always_invoice", behavior: str = "allow_incomplete") -> Step:
    """The plan's price changes."""

    def step(life: Life) -> None:
        item = life.subscription["items"]["data"][0]["id"]
        params: dict[str, Any] = {
            "items": [{"id": item, "price": life.price(lookup_key)}],
            "proration_behavior": proration,
            "payment_behavior": behavior,
        }
        subscriptions.change_subscription(life.ledger, life.subscription, params)

    return step


def add(lookup_key: str, quantity: int = 1) -> Step:
    """An add-on joins the subscription."""

    def step(life: Life) -> None:
        items = [{"price": life.price(lookup_key), "quantity": str(quantity)}]
        subscriptions.change_subscription(life.ledger, life.subscription, {"items": items})

    return step


def ending(*, ends: bool) -> Step:
    """The subscription is to end with its period, or not any more."""
    params = {"cancel_at_period_end": str(ends).lower()}
    return lambda life: subscriptions.change_subscription(life.ledger, life.subscription, params)


def cancel(life: Life) -> object:
    """Canceled at once."""
    return invoices.end_subscription(life.ledger, life.subscription)


def pause(life: Life) -> object:
    """Paused."""
    return subscriptions.pause(life.ledger, life.subscription)


def resume(life: Life) -> object:
    """Resumed."""
    return subscriptions.resume(life.ledger, life.subscription)


def void(life: Life) -> object:
    """The oldest open invoice is taken back."""
    return invoices.void_invoice(life.ledger, life.open_invoice())


def write_off(life: Life) -> object:
    """The oldest open invoice is given up."""
    return invoices.write_off(life.ledger, life.open_invoice())


def refund(life: Life) -> object:
    """The last payment is given back."""
    return life.ledger.refund(life.ledger.payments[-1]["id"])


def dispute(life: Life) -> object:
    """The last payment is contested."""
    return life.ledger.dispute(life.ledger.payments[-1]["id"])


def remove(life: Life) -> object:
    """The customer is deleted at Stripe."""
    return subscriptions.remove_customer(life.ledger, life.customer)


_FAILS: Final = card(declines=True)
_WORKS: Final = card(declines=False)
HISTORIES: Final[dict[str, Sequence[Step]]] = {
    "bought and renewed": [buy(PRO), wait(30), wait(31), wait(30)],
    "trial becomes paid": [buy(PRO, trial_days=14), wait(11.5), wait(3), wait(30)],
    "trial ends with a declined card": [buy(PRO, trial_days=14), _FAILS, wait(14.5), wait(3)],
    "one failed renewal, then paid": [buy(STARTER), _FAILS, wait(30.1), _WORKS, wait(3.1)],
    "all retries fail: unpaid": [buy(STARTER), _FAILS, wait(30.1), wait(4), wait(5), wait(8)],
    "unpaid, then paid by hand": [buy(PRO), _FAILS, wait(30.1), wait(16), _WORKS, pay, wait(1)],
    "past due for ten days": [buy(PRO), _FAILS, wait(30.1), wait(10)],
    "canceled at the period's end": [buy(SCALE), wait(5), ending(ends=True), wait(26)],
    "cancellation taken back": [buy(PRO), ending(ends=True), wait(3), ending(ends=False), wait(31)],
    "canceled at once, bought again": [buy(PRO), wait(7), cancel, wait(2), buy(SCALE), wait(1)],
    "boleto paid after two days": [buy(PRO, "boleto"), wait(2), boleto(paid=True), wait(1)],
    "boleto never paid": [buy(PRO, "boleto"), wait(3), boleto(paid=False), wait(1)],
    "boleto expires, then a card": [buy(PRO, "boleto"), wait(4.5), buy(PRO), wait(1)],
    "upgraded twice, downgraded": [
        buy(STARTER), wait(5), change(PRO), wait(5), change(SCALE), change(PRO, "none"), wait(25),
    ],
    "upgrade waits for a payment that never comes": [
        buy(STARTER), _FAILS, change(PRO, behavior="pending_if_incomplete"), wait(2), _WORKS, wait(5),
    ],
    "upgrade waits, then is paid": [
        buy(STARTER), _FAILS, change(PRO, behavior="pending_if_incomplete"), _WORKS, pay, wait(2),
    ],
    "add-ons come and the price with them": [
        buy(PRO), add(API), wait(10), add(CONNECTION, 2), wait(21),
    ],
    "paused and resumed": [buy(PRO, trial_days=14), pause, wait(20), resume, wait(2)],
    "contract by invoice, overdue, written off": [contract(SCALE), wait(10.5), wait(3), write_off, wait(1)],
    "refunded, disputed, removed": [buy(PRO), wait(2), refund, dispute, wait(1), remove],
}  # fmt: skip


def begin(tenant: str, ledger: Ledger) -> Life:
    """A customer that has not bought anything yet."""
    return Life(ledger, ledger.add_customer("Loja", {"evosense_tenant": tenant}), tenant)
