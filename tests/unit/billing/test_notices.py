"""What is told ahead, and what needs telling no more."""

from datetime import UTC, datetime, timedelta

import pytest

from evosense.billing.ahead import ahead
from evosense.billing.notices import is_over
from evosense.billing.state import Standing

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def kinds(standing: Standing) -> list[str]:
    return [notice.kind for notice in ahead(standing, NOW)]


@pytest.mark.parametrize(("days", "expected"), [(4, []), (3, ["trial_ending"]), (0.01, ["trial_ending"]), (0, [])])
def test_the_end_of_our_own_trial_is_told_three_days_ahead(days, expected):
    assert kinds(Standing("trial", "full", "none", "trial", changes_at=NOW + days * DAY)) == expected


@pytest.mark.parametrize(("days", "expected"), [(8, []), (7, ["purge_soon"]), (1, ["purge_soon"]), (-1, [])])
def test_erasing_is_told_a_week_ahead(days, expected):
    assert kinds(Standing("canceled", "none", "cancelled", "canceled", purge_after=NOW + days * DAY)) == expected


def test_grace_is_not_taken_for_a_trial():
    assert kinds(Standing("grace", "full", "active", "past_due", changes_at=NOW + DAY)) == []


def test_the_same_matter_has_the_same_name_whenever_it_is_told():
    standing = Standing("trial", "full", "none", "trial", changes_at=NOW + 2 * DAY)
    assert {one.ref for hours in (0, 1, 30) for one in ahead(standing, NOW + timedelta(hours=hours))} == {
        "own:2026-11-22"
    }


ACTIVE = Standing("active", "full", "active")
READING = Standing("grace", "read_only", "active", "past_due_read_only")
GONE = Standing("canceled", "none", "cancelled", "canceled")


@pytest.mark.parametrize(
    ("kind", "standing", "expected"),
    [
        ("access_stopped", ACTIVE, True),
        ("access_stopped", GONE, False),
        ("read_only", READING, False),
        ("read_only", ACTIVE, True),
        ("canceled", GONE, False),
        ("canceled", ACTIVE, True),
        ("purge_soon", GONE, False),
        ("purge_soon", ACTIVE, True),
        ("trial_ending", Standing("trial", "full", "active"), False),
        ("trial_ending", ACTIVE, True),
        ("paused", Standing("suspended", "read_only", "expired", "paused"), False),
        ("paused", ACTIVE, True),
        ("boleto_not_paid", Standing("pending", "none", "pending"), False),
        ("boleto_not_paid", ACTIVE, True),
        ("payment_failed", ACTIVE, False),  # over with its invoice, not before
    ],
)
def test_what_needs_telling_no_more(kind, standing, expected):
    assert is_over(kind, standing) is expected
