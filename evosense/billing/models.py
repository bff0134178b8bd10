"""What we know about plans, subscriptions and invoices.

Amounts are integers in the currency's smallest unit (centavos); times are aware datetimes in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Meter = Literal["connections", "users", "contacts", "exports", "campaigns"]
METERS: tuple[Meter, ...] = ("connections", "users", "contacts", "exports", "campaigns")

SubscriptionStatus = Literal[
    "incomplete", "incomplete_expired", "trialing", "active", "past_due", "unpaid", "paused", "canceled"
]
InvoiceStatus = Literal["draft", "open", "paid", "void", "uncollectible"]
AccountStatus = Literal["none", "pending", "active", "expired", "cancelled"]
Access = Literal["full", "read_only", "none"]

# Which access gives more.
GIVES: dict[Access, int] = {"none": 0, "read_only": 1, "full": 2}

# A subscription in one of these states can never come back; another one has to be bought.
FINAL: frozenset[str] = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan. A limit of None is agreed by contract; `lookup_key` of None is sold by contract."""

    plan_id: str
    name: str
    price_cents: int | None
    currency: str
    lookup_key: str | None
    limits: dict[Meter, int | None]
    retention_days: int
    store_raw_text: bool
    embeddings: bool
    trial_days: int
    products: frozenset[str]
    position: int = 0


@dataclass(frozen=True, slots=True)
class AddOn:
    """A further item of a subscription: opens `product_id`, or raises `meter` by `amount` each."""

    addon_id: str
    name: str
    product_id: str | None
    meter: Meter | None
    amount: int | None
    price_cents: int
    currency: str
    lookup_key: str


@dataclass(frozen=True, slots=True)
class Price:
    """A monthly price; `price_id` is Stripe's, None while it is only wanted."""

    lookup_key: str
    name: str
    amount_cents: int
    currency: str
    price_id: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that is sold, by id."""

    plans: dict[str, Plan]
    addons: dict[str, AddOn]
    products: dict[str, str]

    def plan_of(self, lookup_key: str | None) -> Plan | None:
        """The plan that a Stripe price stands for."""
        return next((plan for plan in self.plans.values() if lookup_key and plan.lookup_key == lookup_key), None)

    def addon_of(self, lookup_key: str | None) -> AddOn | None:
        """The add-on that a Stripe price stands for."""
        return next((addon for addon in self.addons.values() if lookup_key and addon.lookup_key == lookup_key), None)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One item of a subscription; `interval` is day, week, month or year."""

    item_id: str
    lookup_key: str | None
    quantity: int
    unit_amount_cents: int | None = None
    interval: str | None = None
    interval_count: int | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """What we use of a Stripe subscription. `plan_hint` and `kept_…` come from the metadata that we wrote."""

    subscription_id: str
    customer_id: str
    status: SubscriptionStatus
    collection_method: str
    created_at: datetime
    period_start: datetime | None = None
    period_end: datetime | None = None
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    trial_ends_at: datetime | None = None
    plan_hint: str | None = None
    kept_plan_id: str | None = None
    kept_until: datetime | None = None
    items: tuple[ItemFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """What we use of a Stripe invoice. The period is that of its lines: what was bought, not when it was billed."""

    invoice_id: str
    customer_id: str
    status: InvoiceStatus
    currency: str
    amount_due_cents: int
    amount_paid_cents: int
    attempt_count: int
    created_at: datetime
    subscription_id: str | None = None
    reason: str | None = None
    next_payment_attempt: datetime | None = None
    finalized_at: datetime | None = None
    due_at: datetime | None = None
    paid_at: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer as Stripe shows it now, or the part of it that one event shows."""

    customer_id: str
    subscriptions: tuple[SubscriptionFacts, ...] = ()
    invoices: tuple[InvoiceFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """When and by what something was seen: `by` is an event id, or `fetch` for Stripe's own answer."""

    at: datetime
    by: str
