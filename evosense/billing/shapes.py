"""Stripe's JSON, old and new field shapes, as our facts.

In API 2025-03-31.basil the billing period moved from the subscription to its items, and an invoice's subscription
into `parent.subscription_details`. An endpoint keeps the version it was made with, so both shapes can arrive.
Only the fields named here are kept: no name, address, e-mail or card of anybody gets into our database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from evosense.billing.models import InvoiceFacts, InvoiceStatus, ItemFacts, SubscriptionFacts, SubscriptionStatus
from evosense.errors import InvalidInput

Json = Mapping[str, Any]
# Metadata that we write on what we create at Stripe.
TENANT_KEY = "evosense_tenant"
PLAN_KEY = "evosense_plan"
KEPT_PLAN_KEY = "evosense_kept_plan"
KEPT_UNTIL_KEY = "evosense_kept_until"
_SUBSCRIPTION_STATUSES = frozenset(
    {"incomplete", "incomplete_expired", "trialing", "active", "past_due", "unpaid", "paused", "canceled"}
)
_INVOICE_STATUSES = frozenset({"draft", "open", "paid", "void", "uncollectible"})


def subscription_facts(raw: Json) -> SubscriptionFacts:
    """A subscription of either shape. Raises InvalidInput when it is none."""
    status = raw.get("status")
    if status not in _SUBSCRIPTION_STATUSES:
        message = f"Stripe sent a subscription with the status {status!r}, which this version does not know"
        raise InvalidInput(message)
    items = _data(raw.get("items"))
    metadata: Json = raw.get("metadata") or {}
    starts = [_need_time(item["current_period_start"]) for item in items if item.get("current_period_start")]
    ends = [_need_time(item["current_period_end"]) for item in items if item.get("current_period_end")]
    return SubscriptionFacts(
        subscription_id=_text(raw, "id"),
        customer_id=reference(raw.get("customer")) or "",
        status=cast("SubscriptionStatus", status),
        collection_method=str(raw.get("collection_method") or "charge_automatically"),
        created_at=_need_time(raw.get("created")),
        period_start=max(starts, default=time_of(raw.get("current_period_start"))),
        period_end=min(ends, default=time_of(raw.get("current_period_end"))),
        cancel_at_period_end=bool(raw.get("cancel_at_period_end")),
        cancel_at=time_of(raw.get("cancel_at")),
        canceled_at=time_of(raw.get("canceled_at")),
        ended_at=time_of(raw.get("ended_at")),
        trial_ends_at=time_of(raw.get("trial_end")),
        plan_hint=metadata.get(PLAN_KEY),
        kept_plan_id=metadata.get(KEPT_PLAN_KEY) or None,
        kept_until=_kept_until(metadata),
        items=tuple(sorted((_item(item) for item in items), key=lambda item: item.item_id)),
    )


def invoice_facts(raw: Json) -> InvoiceFacts:
    """An invoice of either shape. Raises InvalidInput when it is none."""
    status = raw.get("status")
    if status not in _INVOICE_STATUSES:
        message = f"Stripe sent an invoice with the status {status!r}, which this version does not know"
        raise InvalidInput(message)
    steps: Json = raw.get("status_transitions") or {}
    periods: list[Json] = [line.get("period") or {} for line in _data(raw.get("lines"))]
    starts = [_need_time(period["start"]) for period in periods if period.get("start")]
    ends = [_need_time(period["end"]) for period in periods if period.get("end")]
    return InvoiceFacts(
        invoice_id=_text(raw, "id"),
        customer_id=reference(raw.get("customer")) or "",
        status=cast("InvoiceStatus", status),
        currency=str(raw.get("currency") or "brl"),
        amount_due_cents=int(raw.get("amount_due") or 0),
        amount_paid_cents=int(raw.get("amount_paid") or 0),
        attempt_count=int(raw.get("attempt_count") or 0),
        created_at=_need_time(raw.get("created")),
        subscription_id=invoice_subscription(raw),
        reason=raw.get("billing_reason"),
        next_payment_attempt=time_of(raw.get("next_payment_attempt")),
        finalized_at=time_of(steps.get("finalized_at")),
        due_at=time_of(raw.get("due_date")),
        paid_at=time_of(steps.get("paid_at")),
        period_start=min(starts, default=time_of(raw.get("period_start"))),
        period_end=max(ends, default=time_of(raw.get("period_end"))),
    )


def invoice_subscription(raw: Json) -> str | None:
    """The subscription an invoice belongs to, in either shape."""
    parent: Json = raw.get("parent") or {}
    details: Json = parent.get("subscription_details") or {}
    return reference(details.get("subscription")) or reference(raw.get("subscription"))


def reference(value: Any) -> str | None:
    """An id, whether Stripe sent the id or expanded the object."""
    if isinstance(value, Mapping):
        value = cast("Json", value).get("id")
    return value if isinstance(value, str) and value else None


def _kept_until(metadata: Json) -> datetime | None:
    """Written by us, but anybody with access to Stripe may have edited it: nonsense is as good as nothing."""
    try:
        return time_of(metadata.get(KEPT_UNTIL_KEY) or None)
    except InvalidInput:
        return None


def _item(raw: Json) -> ItemFacts:
    price: Json = raw.get("price") or {}
    recurring: Json = price.get("recurring") or {}
    return ItemFacts(
        item_id=_text(raw, "id"),
        lookup_key=price.get("lookup_key"),
        quantity=int(raw.get("quantity") or 0),
        unit_amount_cents=price.get("unit_amount"),
        interval=recurring.get("interval"),
        interval_count=recurring.get("interval_count"),
    )


def _data(container: Any) -> list[Json]:
    """The rows of a Stripe list, which is either an object with `data` or absent."""
    rows: Iterable[Json] = (container or {}).get("data") or ()
    return list(rows)


def _text(raw: Json, key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        message = f"Stripe sent an object without {key!r}"
        raise InvalidInput(message)
    return value


def time_of(since_epoch: Any) -> datetime | None:
    """A time of Stripe's, in seconds since 1970; None when there is none. Raises InvalidInput when it is no time."""
    try:
        return None if since_epoch is None else datetime.fromtimestamp(int(since_epoch), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        message = "Stripe sent a time that is no number of seconds"
        raise InvalidInput(message) from None


def _need_time(since_epoch: Any) -> datetime:
    found = time_of(since_epoch)
    if found is None:
        message = "Stripe sent an object without the time it was created"
        raise InvalidInput(message)
    return found
