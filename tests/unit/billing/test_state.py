"""The state table, row by row."""

from datetime import UTC, datetime, timedelta

import pytest

from evosense.billing.models import InvoiceFacts, SubscriptionFacts
from evosense.billing.state import LISTENING, current, paid_until, past_due_since, standing

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def subscription(status: str, **more) -> SubscriptionFacts:
    facts = {"subscription_id": "sub_1", "customer_id": "cus_1", "collection_method": "charge_automatically"}
    return SubscriptionFacts(**{**facts, "status": status, "created_at": NOW - timedelta(days=60), **more})


def invoice(status: str, **more) -> InvoiceFacts:
    facts = {"invoice_id": "in_1", "customer_id": "cus_1", "currency": "brl", "amount_due_cents": 1}
    facts |= {"amount_paid_cents": 0, "attempt_count": 1, "created_at": NOW, "subscription_id": "sub_1"}
    return InvoiceFacts(**{**facts, "status": status, **more})


TABLE = [
    # status, days past due, tenant, access, listens, account
    ("incomplete", None, "pending", "none", False, "pending"),
    ("incomplete_expired", None, "pending", "none", False, "pending"),
    ("trialing", None, "trial", "full", True, "active"),
    ("active", None, "active", "full", True, "active"),
    ("past_due", 0, "grace", "full", True, "active"),
    ("past_due", 6.99, "grace", "full", True, "active"),
    ("past_due", 7, "grace", "read_only", True, "active"),
    ("past_due", 30, "grace", "read_only", True, "active"),
    ("unpaid", None, "suspended", "none", False, "expired"),
    ("paused", None, "suspended", "read_only", False, "expired"),
    ("canceled", None, "canceled", "none", False, "cancelled"),
]


@pytest.mark.parametrize(("status", "days", "tenant", "access", "listens", "account"), TABLE)
def test_the_table(status, days, tenant, access, listens, account):
    since = None if days is None else NOW - timedelta(days=days)
    found = standing(subscription(status), past_due_since=since, trial_ends_at=None, now=NOW)
    assert (found.tenant_status, found.access, found.listens, found.account_status) == (
        tenant,
        access,
        listens,
        account,
    )


def test_every_status_of_stripe_has_a_row():
    statuses = SubscriptionFacts.__annotations__["status"]
    assert statuses == "SubscriptionStatus"
    from typing import get_args

    from evosense.billing.models import SubscriptionStatus

    assert {row[0] for row in TABLE} == set(get_args(SubscriptionStatus))


def test_grace_says_when_it_ends():
    found = standing(subscription("past_due"), past_due_since=NOW, trial_ends_at=None, now=NOW)
    assert found.changes_at == NOW + timedelta(days=7)


def test_a_canceled_tenant_is_purged_thirty_days_after_the_end():
    ended = NOW - timedelta(days=3)
    found = standing(subscription("canceled", ended_at=ended), past_due_since=None, trial_ends_at=None, now=NOW)
    assert found.purge_after == ended + timedelta(days=30)


@pytest.mark.parametrize(
    ("trial_ends_in", "tenant", "access", "purge_in"),
    [
        (5, "trial", "full", None),
        (0, "canceled", "none", 30),
        (-1, "canceled", "none", 29),
        (-9, "canceled", "none", 27),
    ],
)
def test_a_trial_that_was_promised_outlasts_a_canceled_subscription(trial_ends_in, tenant, access, purge_in):
    over = subscription("canceled", ended_at=NOW - timedelta(days=3))
    promised = NOW + timedelta(days=trial_ends_in)
    found = standing(over, past_due_since=None, trial_ends_at=promised, now=NOW)
    purge_after = None if purge_in is None else NOW + timedelta(days=purge_in)
    assert (found.tenant_status, found.access, found.purge_after) == (tenant, access, purge_after)


@pytest.mark.parametrize(
    ("ends_in", "tenant", "access"),
    [(1, "trial", "full"), (0, "suspended", "read_only"), (None, "suspended", "read_only")],
)
def test_our_own_trial(ends_in, tenant, access):
    ends_at = None if ends_in is None else NOW + timedelta(days=ends_in)
    found = standing(None, past_due_since=None, trial_ends_at=ends_at, now=NOW)
    assert (found.tenant_status, found.access) == (tenant, access)


def test_of_several_subscriptions_the_one_that_gives_most_counts():
    old = subscription("canceled", subscription_id="sub_old")
    active = subscription("active", subscription_id="sub_active", created_at=NOW - timedelta(days=90))
    failed = subscription("incomplete_expired", subscription_id="sub_failed", created_at=NOW)
    assert current([old, active, failed]) is active
    assert current([failed, old]) is old
    assert current([]) is None


def test_past_due_begins_with_the_oldest_invoice_that_was_tried():
    first, second = NOW - timedelta(days=9), NOW - timedelta(days=2)
    bills = [
        invoice("open", invoice_id="in_2", finalized_at=second),
        invoice("open", invoice_id="in_1", finalized_at=first),
        invoice("paid", invoice_id="in_0", finalized_at=first - timedelta(days=30)),
        invoice("open", invoice_id="in_3", finalized_at=first - timedelta(days=9), attempt_count=0),
        invoice("open", invoice_id="in_4", finalized_at=first - timedelta(days=9), subscription_id="sub_other"),
    ]
    assert past_due_since(subscription("past_due"), bills) == first
    assert past_due_since(subscription("active"), bills) is None


def test_an_invoice_paid_by_hand_is_past_due_from_its_due_date():
    due = NOW - timedelta(days=1)
    bill = invoice("open", attempt_count=0, finalized_at=NOW - timedelta(days=11), due_at=due)
    assert past_due_since(subscription("past_due"), [bill]) == due


def test_paid_until_is_the_end_of_the_last_paid_period():
    ends = NOW + timedelta(days=20)
    bills = [invoice("paid", period_end=ends), invoice("open", period_end=ends + timedelta(days=30))]
    assert paid_until(subscription("active"), bills) == ends


def test_the_listener_serves_who_pays_or_tries():
    assert frozenset({"trial", "active", "grace"}) == LISTENING
