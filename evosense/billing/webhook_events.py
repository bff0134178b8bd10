"""The door for Stripe's webhooks: who signed it, what it is, and storing it once.

Nothing is decided here. The bytes are verified as they came, the event is stored under its id, and the worker
(`project.py`) asks Stripe what is true; an event is only a hint that something changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from evosense.billing.gateway import signature_matches
from evosense.billing.models import InvoiceFacts, SubscriptionFacts
from evosense.billing.shapes import TENANT_KEY, invoice_facts, reference, subscription_facts, time_of
from evosense.db.named_queries import load
from evosense.errors import EvoSenseError, InvalidInput
from evosense.settings import BillingSettings

_QUERIES = load("evosense.billing", "inbox.sql")
TOLERANCE_SECONDS: Final = 300
_TIMESTAMP = re.compile(r"^t=(\d{1,12})$")

# What the worker acts on; anything else is stored and ignored. invoice.payment_succeeded is an alias of
# invoice.paid: working in both changes nothing the second time.
HANDLED: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.trial_will_end",
        "customer.subscription.pending_update_applied",
        "customer.subscription.pending_update_expired",
        "invoice.created",
        "invoice.finalized",
        "invoice.finalization_failed",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice.payment_failed",
        "invoice.payment_action_required",
        "invoice.overdue",
        "invoice.marked_uncollectible",
        "invoice.voided",
        "invoice.upcoming",
        "customer.updated",
        "customer.deleted",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.closed",
    }
)


class WebhookRefused(EvoSenseError):
    """The webhook is not signed by Stripe with our secret, or too old; nothing was stored."""

    status = 400
    code = "webhook_refused"


@dataclass(frozen=True, slots=True)
class Hint:
    """What an event says of its object: our facts only, so that no name, address or card is stored."""

    subscription: SubscriptionFacts | None = None
    invoice: InvoiceFacts | None = None
    charge_id: str | None = None
    # The tenant written in the metadata, when it is.
    claims_tenant: str | None = None


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """One event: what it is about, when Stripe made it, and a hint at the object."""

    event_id: str
    type: str
    livemode: bool
    created_at: datetime
    customer_id: str | None
    object_id: str | None
    hint: Hint


def webhook_secrets(settings: BillingSettings) -> list[str]:
    """The signing secrets to accept: the current one, and the former during a rotation."""
    both = (settings.stripe_webhook_secret, settings.stripe_webhook_secret_previous)
    return [secret.get_secret_value() for secret in both if secret is not None]


def verify(body: bytes, header: str | None, secrets: Sequence[str], now: datetime) -> None:
    """Raise WebhookRefused unless one of `secrets` signed exactly these bytes within 300 s of `now`.

    Stripe's client refuses old timestamps only; one from the future would stay replayable, so both ends are bound.
    """
    signed_at = _signed_at(header or "")
    if signed_at is None or abs(now.timestamp() - signed_at) > TOLERANCE_SECONDS:
        raise WebhookRefused
    if not any(signature_matches(body, header or "", secret) for secret in secrets):
        raise WebhookRefused


def read_event(body: bytes) -> StripeEvent:
    """The event in a verified body. Raises InvalidInput when it is no Stripe event."""
    try:
        raw: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInput("the webhook's body is no JSON") from None
    if not isinstance(raw, Mapping):
        raise InvalidInput("the webhook's body is no Stripe event")
    event = cast("Mapping[str, Any]", raw)
    target: Any = (event.get("data") or {}).get("object") if isinstance(event.get("data"), Mapping) else None
    if not (isinstance(target, Mapping) and isinstance(event.get("id"), str) and isinstance(event.get("type"), str)):
        raise InvalidInput("the webhook's body is no Stripe event")
    created = time_of(event["created"]) if isinstance(event.get("created"), int) else None
    if created is None:
        raise InvalidInput("the webhook's event has no time")
    thing = cast("Mapping[str, Any]", target)
    return StripeEvent(
        event_id=event["id"],
        type=event["type"],
        livemode=event.get("livemode") is True,
        created_at=created,
        customer_id=_customer(thing),
        object_id=reference(thing),
        hint=_hint(thing),
    )


async def receive(connection: AsyncConnection[Any], event: StripeEvent) -> bool:
    """Store the event unless its id is known; answers whether it is new. One statement, no tenant needed."""
    values = {
        "event_id": event.event_id,
        "type": event.type,
        "livemode": event.livemode,
        "customer_id": event.customer_id,
        "object_id": event.object_id,
        "created_at": event.created_at,
        "hint": Jsonb(msgspec.to_builtins(event.hint)),
    }
    row = await (await connection.execute(_QUERIES["receive"], values)).fetchone()
    return bool(row and row[0])


def _signed_at(header: str) -> int | None:
    for part in header.split(","):
        if found := _TIMESTAMP.match(part):
            return int(found[1])
    return None


def _customer(thing: Mapping[str, Any]) -> str | None:
    if thing.get("object") == "customer":
        return reference(thing)
    return reference(thing.get("customer"))


def _hint(thing: Mapping[str, Any]) -> Hint:
    metadata = thing.get("metadata")
    claim = cast("Mapping[str, Any]", metadata).get(TENANT_KEY) if isinstance(metadata, Mapping) else None
    kind = thing.get("object")
    try:
        return Hint(
            subscription=subscription_facts(thing) if kind == "subscription" else None,
            invoice=invoice_facts(thing) if kind == "invoice" else None,
            charge_id=reference(thing.get("charge")) if kind == "dispute" else None,
            claims_tenant=str(claim) if claim else None,
        )
    except (InvalidInput, KeyError, TypeError, ValueError, AttributeError):
        # A shape that this version can't read: the worker asks Stripe, the hint is not needed.
        return Hint(claims_tenant=str(claim) if claim else None)
