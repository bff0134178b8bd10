"""What billing asks of a payment provider, and the errors it can answer with. `gateway.py` does it with Stripe."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from evosense.billing.models import CustomerFacts, Price, SubscriptionFacts
from evosense.errors import EvoSenseError

# Upgrades are billed at once; a downgrade changes the next invoice only.
Proration = Literal["always_invoice", "create_prorations", "none"]


class BillingOff(EvoSenseError):
    """Billing is not set up on this server; its operator has to set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET."""

    status = 503
    code = "billing_off"


class PaymentDeclined(EvoSenseError):
    """The payment was declined; choose another card or pay by boleto under Billing."""

    status = 402
    code = "payment_declined"


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout page: `status` is open, complete or expired; `url` is None once it is not open."""

    checkout_id: str
    status: str
    url: str | None


@dataclass(frozen=True, slots=True)
class NewCheckout:
    """What a tenant is about to buy. `trial_ends_at` carries the rest of a running trial over."""

    tenant_id: UUID
    customer_id: str
    plan_id: str
    prices: Mapping[str, int]
    success_url: str
    cancel_url: str
    trial_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item of a subscription afterwards: `item_id` None adds, quantity 0 removes, `lookup_key` None keeps."""

    item_id: str | None
    lookup_key: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """A change of a subscription. Metadata values of '' remove the key; Stripe takes none with `only_if_paid`."""

    subscription_id: str
    items: Sequence[ItemChange] = ()
    proration: Proration = "create_prorations"
    # Card only: the change takes effect once it is paid for, else it is dropped.
    only_if_paid: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    cancel_at_period_end: bool | None = None


class Payments(Protocol):
    """A payment provider. Every write takes an idempotency key: the same key never acts twice.

    Raises UpstreamTransient (away, slow, too many calls), UpstreamPermanent (refused), PaymentDeclined and
    ConfigurationError (key refused).
    """

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        ...

    async def customer(self, customer_id: str) -> CustomerFacts:
        """Everything about one customer, as it is now."""
        ...

    def subscriptions(self) -> AsyncIterator[SubscriptionFacts]:
        """Every subscription of the account that is not canceled."""
        ...

    async def customer_of_charge(self, charge_id: str) -> str | None:
        """Whose charge it is."""
        ...

    async def prices(self, lookup_keys: Sequence[str]) -> list[Price]:
        """The active prices with these lookup keys."""
        ...

    async def create_price(self, price: Price, *, key: str) -> str:
        """A new price, which takes its lookup key over from an older one; answers its id."""
        ...

    async def create_customer(self, tenant_id: UUID, name: str, *, key: str) -> str:
        """A new customer; answers its id."""
        ...

    async def create_checkout(self, new: NewCheckout, *, key: str) -> Checkout:
        """A new checkout page."""
        ...

    async def checkout(self, checkout_id: str) -> Checkout:
        """A checkout page as it is now."""
        ...

    async def expire_checkout(self, checkout_id: str, *, key: str) -> None:
        """Close a checkout page so that nobody can pay on it any more."""
        ...

    async def create_portal(self, customer_id: str, return_url: str, *, key: str) -> str:
        """A link to the provider's own page for payment methods and invoices."""
        ...

    async def change(self, change: SubscriptionChange, *, key: str) -> SubscriptionFacts:
        """Change a subscription; answers it afterwards."""
        ...
