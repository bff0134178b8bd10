"""The state machine: what the status of a subscription means for its tenant. Pure; the table is the test.

Source of the table: Stripe's subscription statuses; grace of 7 days, purge after 30 and the trial are our own.

    status              tenant      access                      listens   account
    incomplete          pending     none                        no        pending
    incomplete_expired  pending     none                        no        pending
    trialing            trial       full                        yes       active
    active              active      full                        yes       active
    past_due            grace       full, after 7 d read-only   yes       active
    unpaid              suspended   none                        no        expired
    paused              suspended   read-only                   no        expired
    canceled            canceled    none, purge after 30 d      no        cancelled
    no subscription     trial       full until the trial ends   yes       none
                        suspended   read-only afterwards        no        none

A trial of ours that lasts longer than a canceled subscription counts before it: what was promised is kept.
A tenant that bought nothing and was promised no trial stays as it is (`settle.stand`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from evosense.billing.models import Access, AccountStatus, InvoiceFacts, SubscriptionFacts
from evosense.tenants.models import TenantStatus

GRACE: Final = timedelta(days=7)
PURGE_AFTER: Final = timedelta(days=30)
# The listener serves these; any other status stops it, and what was missed is repaired at the return.
LISTENING: Final[frozenset[TenantStatus]] = frozenset({"trial", "active", "grace"})
# Which subscription counts when a customer has several: the one that gives most.
_RANK: Final = ("active", "trialing", "past_due", "paused", "unpaid", "incomplete", "canceled", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tenant stands. `banner` is a code for the dashboard; `changes_at` is when time alone changes it."""

    tenant_status: TenantStatus
    access: Access
    account_status: AccountStatus
    banner: str | None = None
    changes_at: datetime | None = None
    purge_after: datetime | None = None

    @property
    def listens(self) -> bool:
        """Whether the listener receives messages for the tenant."""
        return self.tenant_status in LISTENING


_FIXED: Final[dict[str, Standing]] = {
    "incomplete": Standing("pending", "none", "pending", "payment_incomplete"),
    "incomplete_expired": Standing("pending", "none", "pending", "checkout_needed"),
    "trialing": Standing("trial", "full", "active"),
    "active": Standing("active", "full", "active"),
    "unpaid": Standing("suspended", "none", "expired", "unpaid"),
    "paused": Standing("suspended", "read_only", "expired", "paused"),
}


def standing(
    subscription: SubscriptionFacts | None,
    *,
    past_due_since: datetime | None,
    trial_ends_at: datetime | None,
    now: datetime,
) -> Standing:
    """The row of the table. `past_due_since` is when the oldest open invoice fell due (`past_due_since()`)."""
    if subscription is None:
        return _own_trial(trial_ends_at, now)
    if subscription.status == "past_due":
        return _past_due(past_due_since or subscription.period_start or subscription.created_at, now)
    if subscription.status == "canceled":
        ended_at = subscription.ended_at or subscription.canceled_at or now
        return _canceled(max(ended_at, trial_ends_at or ended_at), now)
    return _FIXED[subscription.status]


def current(subscriptions: Iterable[SubscriptionFacts]) -> SubscriptionFacts | None:
    """The subscription that counts: the one that gives most, of those the newest; None without any."""
    best = sorted(
        subscriptions,
        key=lambda one: (_RANK.index(one.status), -one.created_at.timestamp(), one.subscription_id),
    )
    return best[0] if best else None


def past_due_since(subscription: SubscriptionFacts | None, invoices: Iterable[InvoiceFacts]) -> datetime | None:
    """When the oldest invoice of the subscription that is open and was tried, or is overdue, fell due."""
    if subscription is None or subscription.status != "past_due":
        return None
    due = [
        invoice.due_at or invoice.finalized_at or invoice.created_at
        for invoice in invoices
        if invoice.subscription_id == subscription.subscription_id
        and invoice.status == "open"
        and (invoice.attempt_count > 0 or invoice.due_at is not None)
    ]
    return min(due, default=None)


def paid_until(subscription: SubscriptionFacts | None, invoices: Iterable[InvoiceFacts]) -> datetime | None:
    """The end of the last period that a paid invoice of the subscription covers."""
    if subscription is None:
        return None
    ends = [
        invoice.period_end
        for invoice in invoices
        if invoice.subscription_id == subscription.subscription_id and invoice.status == "paid" and invoice.period_end
    ]
    return max(ends, default=None)


def _past_due(since: datetime, now: datetime) -> Standing:
    limit = since + GRACE
    if now < limit:
        return Standing("grace", "full", "active", "past_due", changes_at=limit)
    return Standing("grace", "read_only", "active", "past_due_read_only")


def _canceled(ended_at: datetime, now: datetime) -> Standing:
    if now < ended_at:  # only a trial ends later than now
        return _own_trial(ended_at, now)
    return Standing("canceled", "none", "cancelled", "canceled", purge_after=ended_at + PURGE_AFTER)


def _own_trial(trial_ends_at: datetime | None, now: datetime) -> Standing:
    if trial_ends_at is not None and now < trial_ends_at:
        return Standing("trial", "full", "none", "trial", changes_at=trial_ends_at)
    return Standing("suspended", "read_only", "none", "trial_ended")
