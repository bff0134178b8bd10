"""An account at Stripe, in memory: its objects in Stripe's own JSON, its clock, its events and the money that moved.

Keys that begin with `_` are the stand-in's own and never leave it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final

Json = dict[str, Any]
API_VERSION: Final = "2026-10-28.endive"
DAY: Final = 86_400
HOUR: Final = 3_600
# 1 November 2026, 00:00 UTC
_START: Final = 1_793_491_200
PLANS: Final = {
    "evosense_starter_month_brl": 19_900,
    "evosense_pro_month_brl": 49_900,
    "evosense_scale_month_brl": 99_900,
    "evosense_addon_flow_month_brl": 14_900,
    "evosense_addon_api_month_brl": 9_900,
    "evosense_addon_notifications_month_brl": 4_900,
    "evosense_addon_connection_month_brl": 7_900,
}


class Refusal(Exception):
    """Stripe's answer to a request it can't take."""

    def __init__(self, status: int, kind: str, code: str | None, message: str) -> None:
        """`kind` is Stripe's error type, such as invalid_request_error."""
        super().__init__(message)
        self.status = status
        self.body: Json = {"error": {"type": kind, "code": code, "message": message}}


class Ledger:
    """The account. `payments` lists every charge that went through, in order."""

    def __init__(
        self, name: str = "", *, now: int = _START, livemode: bool = False, after_dunning: str = "unpaid"
    ) -> None:
        """`name` goes into the ids, so that two accounts never share one.

        `after_dunning` is what becomes of a subscription whose last retry failed: unpaid or canceled.
        """
        self.name = name
        self.now = now
        self.livemode = livemode
        self.after_dunning = after_dunning
        self.objects: dict[str, Json] = {}
        self.events: list[Json] = []
        # Where checkout pages and the portal are.
        self.pages = "https://stripe.example"
        self.payments: list[Json] = []
        self._numbers = itertools.count(1)
        for lookup_key, amount in PLANS.items():
            self.add_price(lookup_key, amount)

    def new_id(self, prefix: str) -> str:
        """The next id of a kind."""
        return f"{prefix}_{self.name}{next(self._numbers):08d}"

    def put(self, thing: Json) -> Json:
        """Keep a new object."""
        self.objects[thing["id"]] = thing
        return thing

    def get(self, kind: str, object_id: str) -> Json:
        """The object by id. Raises Refusal (404) as Stripe does."""
        found = self.objects.get(object_id)
        if found is None or found["object"] != kind:
            raise Refusal(404, "invalid_request_error", "resource_missing", f"No such {kind}: '{object_id}'")
        return found

    def all(self, kind: str) -> list[Json]:
        """Every object of a kind, the newest first."""
        found = [thing for thing in self.objects.values() if thing["object"] == kind]
        return sorted(found, key=lambda thing: (thing["created"], thing["id"]), reverse=True)

    def of_customer(self, kind: str, customer_id: str) -> list[Json]:
        """Every object of a kind that belongs to a customer, the newest first."""
        return [thing for thing in self.all(kind) if thing["customer"] == customer_id]

    def emit(self, event_type: str, thing: Json) -> None:
        """Write an event with the object as it is now."""
        number = len(self.events) + 1
        self.events.append(
            {
                # Ids of events say nothing about their order, so neither do these.
                "id": f"evt_{self.name}{(number * 2_654_435_761) % 2**32:010d}{number:06d}",
                "object": "event",
                "api_version": API_VERSION,
                "created": self.now,
                "livemode": self.livemode,
                "pending_webhooks": 1,
                "type": event_type,
                "data": {"object": public(thing)},
            }
        )

    def add_price(self, lookup_key: str, amount: int) -> Json:
        """A monthly price in reais."""
        return self.put(
            {
                "id": self.new_id("price"),
                "object": "price",
                "active": True,
                "created": self.now,
                "currency": "brl",
                "livemode": self.livemode,
                "lookup_key": lookup_key,
                "nickname": None,
                "product": self.new_id("prod"),
                "recurring": {"interval": "month", "interval_count": 1},
                "type": "recurring",
                "unit_amount": amount,
            }
        )

    def add_customer(self, name: str | None, metadata: Json) -> Json:
        """A customer without a way to pay yet."""
        return self.put(
            {
                "id": self.new_id("cus"),
                "object": "customer",
                "created": self.now,
                "livemode": self.livemode,
                "metadata": metadata,
                "name": name,
                "email": "financeiro@loja.example",
                "_declines": False,
                "_boleto": False,
            }
        )

    def charge(self, invoice: Json, amount: int) -> Json:
        """Move money for an invoice; kept for ever."""
        made = self.put(
            {
                "id": self.new_id("ch"),
                "object": "charge",
                "amount": amount,
                "created": self.now,
                "currency": "brl",
                "customer": invoice["customer"],
                "livemode": self.livemode,
                "paid": True,
                "refunded": False,
                "_invoice": invoice["id"],
            }
        )
        self.payments.append(made)
        return made

    def refund(self, charge_id: str) -> None:
        """Give a charge back."""
        charge = self.get("charge", charge_id)
        charge["refunded"] = True
        self.emit("charge.refunded", charge)

    def dispute(self, charge_id: str) -> None:
        """A card holder contests a charge. A dispute names its charge, not its customer."""
        dispute = self.put(
            {
                "id": self.new_id("dp"),
                "object": "dispute",
                "charge": charge_id,
                "created": self.now,
                "livemode": self.livemode,
                "status": "needs_response",
            }
        )
        self.emit("charge.dispute.created", dispute)


def public(thing: Any) -> Any:
    """A copy of an object without the stand-in's own keys."""
    if isinstance(thing, dict):
        return {key: public(value) for key, value in thing.items() if not str(key).startswith("_")}
    if isinstance(thing, list):
        return [public(value) for value in thing]
    return copy.copy(thing)


def old_shape(thing: Json) -> Json:
    """A subscription or invoice as API versions before 2025-03-31.basil show it."""
    old = public(thing)
    if old["object"] == "subscription":
        items: Sequence[Json] = old["items"]["data"]
        old["current_period_start"] = max((item.pop("current_period_start") for item in items), default=None)
        old["current_period_end"] = min((item.pop("current_period_end") for item in items), default=None)
    if old["object"] == "invoice":
        parent: Json = old.pop("parent") or {}
        old["subscription"] = (parent.get("subscription_details") or {}).get("subscription")
        old["paid"] = old["status"] == "paid"
    return old


def listing(rows: Iterable[Json], *, limit: int, after: str | None, url: str) -> Json:
    """One page of a list, as Stripe pages it."""
    every = list(rows)
    if after is not None:
        ids = [row["id"] for row in every]
        every = every[ids.index(after) + 1 :] if after in ids else []
    return {
        "object": "list",
        "url": url,
        "has_more": len(every) > limit,
        "data": [public(row) for row in every[:limit]],
    }
