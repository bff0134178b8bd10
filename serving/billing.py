"""Stripe as the API needs it: the gateway, when there is a key, and the secrets that sign webhooks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from evosense.billing.gateway import open_gateway
from evosense.billing.payments import BillingOff, Payments
from evosense.billing.webhook_events import webhook_secrets
from evosense.settings import BillingSettings


@dataclass(frozen=True, slots=True)
class Billing:
    """`gateway` is None and `secrets` empty where billing is not set up."""

    gateway: Payments | None
    secrets: tuple[str, ...]

    @property
    def livemode(self) -> bool:
        """Whether real money moves; False where billing is not set up."""
        return self.gateway is not None and self.gateway.livemode

    @property
    def payments(self) -> Payments:
        """The gateway. Raises BillingOff."""
        if self.gateway is None:
            raise BillingOff
        return self.gateway


@asynccontextmanager
async def open_billing(settings: BillingSettings) -> AsyncGenerator[Billing]:
    """The gateway of the settings, closed after the block."""
    secrets = tuple(webhook_secrets(settings))
    if settings.stripe_secret_key is None:
        yield Billing(None, secrets)
        return
    async with open_gateway(settings) as gateway:
        yield Billing(gateway, secrets)
