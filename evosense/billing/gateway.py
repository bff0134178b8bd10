"""Stripe. The only module that imports `stripe`: everything else sees facts and our own errors.

The API version is pinned here; the webhook endpoint at Stripe has to be made with the same one
(`shapes.py` reads the older shapes as well).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from uuid import UUID

import stripe

from evosense.billing.models import CustomerFacts, Price, SubscriptionFacts
from evosense.billing.payments import Checkout, ItemChange, NewCheckout, PaymentDeclined, SubscriptionChange
from evosense.billing.shapes import PLAN_KEY, TENANT_KEY, invoice_facts, reference, subscription_facts
from evosense.errors import ConfigurationError, EvoSenseError, UpstreamPermanent, UpstreamTransient
from evosense.settings import BillingSettings

API_VERSION: Final = "2026-10-28.endive"
_TIMEOUT_SECONDS: Final = 20.0
_RETRIES: Final = 2
_PAGE: Final = 100
# Stripe looks for ten at a time.
_LOOKUP_KEYS: Final = 10
_BOLETO_DAYS: Final = 3
_Result = TypeVar("_Result")

# Stripe's client logs error texts at info level, and those can hold what a customer typed.
logging.getLogger("stripe").setLevel(logging.WARNING)


class StripeGateway:
    """`Payments` by Stripe's API. Belongs to one event loop; `open_gateway` closes it."""

    def __init__(self, secret_key: str, *, api_base: str | None = None, retries: int = _RETRIES) -> None:
        """`api_base` is another server that speaks Stripe's API, as the tests' stand-in does."""
        self._http = stripe.HTTPXClient(timeout=_TIMEOUT_SECONDS)
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base} if api_base else {},
            http_client=self._http,
            max_network_retries=retries,
        )
        self._livemode = _is_live(secret_key)

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        return self._livemode

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()

    async def customer(self, customer_id: str) -> CustomerFacts:
        """Subscriptions of any status and the newest invoices."""
        subscriptions = await _ask(
            self._client.v1.subscriptions.list_async(
                {"customer": customer_id, "status": "all", "limit": _PAGE, "expand": ["data.items"]}
            )
        )
        invoices = await _ask(self._client.v1.invoices.list_async({"customer": customer_id, "limit": _PAGE}))
        return CustomerFacts(
            customer_id,
            tuple(subscription_facts(row.to_dict()) for row in subscriptions.data),
            tuple(invoice_facts(row.to_dict()) for row in invoices.data),
        )

    async def subscriptions(self) -> AsyncIterator[SubscriptionFacts]:
        """Every subscription that is not canceled, page by page."""
        after: str | None = None
        while True:
            page = await _ask(
                self._client.v1.subscriptions.list_async(
                    {"limit": _PAGE, "starting_after": after} if after else {"limit": _PAGE}
                )
            )
            for row in page.data:
                yield subscription_facts(row.to_dict())
            if not page.has_more or not page.data:
                return
            after = page.data[-1].id

    async def customer_of_charge(self, charge_id: str) -> str | None:
        """Whose charge it is: a dispute names its charge only."""
        found = await _ask(self._client.v1.charges.retrieve_async(charge_id))
        return reference(found.to_dict().get("customer"))

    async def prices(self, lookup_keys: Sequence[str]) -> list[Price]:
        """The active prices with these lookup keys."""
        found: list[Price] = []
        for start in range(0, len(lookup_keys), _LOOKUP_KEYS):
            keys = list(lookup_keys[start : start + _LOOKUP_KEYS])
            page = await _ask(self._client.v1.prices.list_async({"lookup_keys": keys, "active": True, "limit": _PAGE}))
            found += [
                Price(one.lookup_key, one.nickname or "", one.unit_amount or 0, one.currency, one.id)
                for one in page.data
                if one.lookup_key
            ]
        return found

    async def create_price(self, price: Price, *, key: str) -> str:
        """A monthly price of a product of its own."""
        made = await _ask(
            self._client.v1.prices.create_async(
                {
                    "currency": price.currency,
                    "unit_amount": price.amount_cents,
                    "lookup_key": price.lookup_key,
                    "transfer_lookup_key": True,
                    "nickname": price.name,
                    "recurring": {"interval": "month"},
                    "product_data": {"name": price.name},
                },
                {"idempotency_key": key},
            )
        )
        return made.id

    async def create_customer(self, tenant_id: UUID, name: str, *, key: str) -> str:
        """A customer that carries its tenant in the metadata."""
        made = await _ask(
            self._client.v1.customers.create_async(
                {"name": name, "metadata": {TENANT_KEY: str(tenant_id)}, "preferred_locales": ["pt-BR"]},
                {"idempotency_key": key},
            )
        )
        return made.id

    async def create_checkout(self, new: NewCheckout, *, key: str) -> Checkout:
        """A checkout page for a subscription, by card or boleto."""
        prices = await self._price_ids(list(new.prices))
        metadata = {TENANT_KEY: str(new.tenant_id), PLAN_KEY: new.plan_id}
        subscription: dict[str, Any] = {"metadata": metadata}
        if new.trial_ends_at is not None:
            subscription["trial_end"] = int(new.trial_ends_at.timestamp())
        made = await _ask(
            self._client.v1.checkout.sessions.create_async(
                {
                    "mode": "subscription",
                    "customer": new.customer_id,
                    "client_reference_id": str(new.tenant_id),
                    "line_items": [{"price": prices[name], "quantity": count} for name, count in new.prices.items()],
                    "payment_method_types": ["card", "boleto"],
                    "payment_method_options": {"boleto": {"expires_after_days": _BOLETO_DAYS}},
                    "subscription_data": subscription,  # pyright: ignore[reportArgumentType]
                    "metadata": metadata,
                    "locale": "pt-BR",
                    "success_url": new.success_url,
                    "cancel_url": new.cancel_url,
                },
                {"idempotency_key": key},
            )
        )
        return Checkout(made.id, made.status or "open", made.url)

    async def checkout(self, checkout_id: str) -> Checkout:
        """A checkout page as it is now."""
        found = await _ask(self._client.v1.checkout.sessions.retrieve_async(checkout_id))
        return Checkout(found.id, found.status or "open", found.url)

    async def expire_checkout(self, checkout_id: str, *, key: str) -> None:
        """Close a checkout page."""
        await _ask(self._client.v1.checkout.sessions.expire_async(checkout_id, {}, {"idempotency_key": key}))

    async def create_portal(self, customer_id: str, return_url: str, *, key: str) -> str:
        """A link to Stripe's customer portal."""
        made = await _ask(
            self._client.v1.billing_portal.sessions.create_async(
                {"customer": customer_id, "return_url": return_url, "locale": "pt-BR"}, {"idempotency_key": key}
            )
        )
        return made.url

    async def change(self, change: SubscriptionChange, *, key: str) -> SubscriptionFacts:
        """Change items, metadata or the end of a subscription."""
        params: dict[str, Any] = {"proration_behavior": change.proration}
        if change.items:
            prices = await self._price_ids([item.lookup_key for item in change.items if item.lookup_key])
            params["items"] = [_item_params(item, prices) for item in change.items]
        if change.only_if_paid:
            params["payment_behavior"] = "pending_if_incomplete"
        if change.metadata:
            params["metadata"] = dict(change.metadata)
        if change.cancel_at_period_end is not None:
            params["cancel_at_period_end"] = change.cancel_at_period_end
        changed = await _ask(
            self._client.v1.subscriptions.update_async(
                change.subscription_id,
                params,  # pyright: ignore[reportArgumentType]
                {"idempotency_key": key},
            )
        )
        return subscription_facts(changed.to_dict())

    async def _price_ids(self, lookup_keys: Sequence[str]) -> dict[str, str]:
        """Asked each time: a price that was raised has another id under the same key."""
        found = {price.lookup_key: price.price_id or "" for price in await self.prices(sorted(set(lookup_keys)))}
        unknown = [name for name in lookup_keys if name not in found]
        if unknown:
            message = f"Stripe has no active price with the lookup key {unknown[0]}; run `evosense billing prices`"
            raise ConfigurationError(message)
        return found


@asynccontextmanager
async def open_gateway(settings: BillingSettings) -> AsyncGenerator[StripeGateway]:
    """Stripe as the settings say, closed after the block. Raises ConfigurationError when billing is off."""
    if settings.stripe_secret_key is None:
        message = "Billing is off: set STRIPE_SECRET_KEY to switch it on"
        raise ConfigurationError(message)
    gateway = StripeGateway(settings.stripe_secret_key.get_secret_value(), api_base=settings.stripe_api_base)
    try:
        yield gateway
    finally:
        await gateway.close()


def is_live(settings: BillingSettings) -> bool:
    """Whether real money moves by the key of the settings; False without one."""
    return settings.stripe_secret_key is not None and _is_live(settings.stripe_secret_key.get_secret_value())


def signature_matches(body: bytes, header: str, secret: str) -> bool:
    """Whether `header` (Stripe-Signature) signs exactly `body` with `secret`, at whatever time."""
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False


def _is_live(secret_key: str) -> bool:
    return secret_key.startswith(("sk_live_", "rk_live_"))


def _item_params(item: ItemChange, prices: Mapping[str, str]) -> dict[str, Any]:
    params: dict[str, Any] = {"id": item.item_id} if item.item_id else {}
    if item.quantity == 0:
        return params | {"deleted": True}
    if item.lookup_key:
        params["price"] = prices[item.lookup_key]
    return params | {"quantity": item.quantity}


async def _ask(call: Awaitable[_Result]) -> _Result:
    try:
        return await call
    except stripe.StripeError as error:
        # Stripe's own text may repeat what a customer typed: only its code goes on.
        raise _translate(error) from None


def _translate(error: stripe.StripeError) -> EvoSenseError:
    code = error.code or type(error).__name__
    if isinstance(error, stripe.CardError):
        return PaymentDeclined()
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return ConfigurationError("Stripe refused STRIPE_SECRET_KEY; check the key and its permissions")
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return UpstreamTransient("Stripe can't be reached for now; nothing was changed twice, try again")
    status = error.http_status or 0
    if status >= 500 or status == 409:  # 409: the same request is still running
        return UpstreamTransient(f"Stripe answered {status} ({code}); try again in a moment")
    return UpstreamPermanent(f"Stripe refused the request ({code})")
