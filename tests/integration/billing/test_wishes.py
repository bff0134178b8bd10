"""Wishes that are interrupted, doubled, slow or crossed by another one: charged once, audited once."""

import asyncio

import pytest

from evosense.billing import intents
from evosense.billing.intents import ChangeInProgress
from evosense.billing.subscribe import open_portal
from evosense.errors import UpstreamTransient


async def test_ten_clicks_at_once_make_one_page(shop):
    answers = await asyncio.gather(*(shop.checkout() for _ in range(10)), return_exceptions=True)
    pages = {answer.checkout_id for answer in answers if not isinstance(answer, Exception)}
    assert len(pages) == 1
    assert {type(answer) for answer in answers if isinstance(answer, Exception)} <= {
        ChangeInProgress,
        UpstreamTransient,
    }
    still_open = [one for one in shop.stripe.ledger.all("checkout.session") if one["status"] == "open"]
    assert len(still_open) == 1
    assert len(shop.stripe.ledger.all("customer")) == 1


async def test_a_change_that_stripe_lost_the_answer_of_is_charged_once(shop):
    await shop.buy()
    shop.stripe.faults.extend(["error_after"] * 3)
    with pytest.raises(UpstreamTransient):
        await shop.change("scale")
    await shop.change("scale")
    assert shop.paid == [49_900, 50_000]


async def test_another_wish_waits_until_the_interrupted_one_is_surely_over(shop, admin_connection):
    await shop.buy("starter")
    shop.stripe.faults.extend(["error_before"] * 3)
    with pytest.raises(UpstreamTransient):
        await shop.change("pro")
    with pytest.raises(ChangeInProgress):
        await shop.change("scale")
    shop.stripe.ledger.now += 200
    await shop.change("scale")
    assert (await shop.allowed()).plan_id == "scale"
    states = admin_connection.execute("select kind, state from app.billing_intent order by created_at").fetchall()
    assert states == [("checkout", "done"), ("change_plan", "abandoned"), ("change_plan", "done")]


async def test_a_wish_that_takes_too_long_stays_open_and_is_charged_once(shop, monkeypatch):
    await shop.buy()
    never = asyncio.Event()
    with monkeypatch.context() as patched:
        patched.setattr("evosense.billing.intents._DEADLINE_SECONDS", 0.2)
        patched.setattr(shop.payments, "customer", lambda _customer_id: never.wait())
        with pytest.raises(UpstreamTransient, match="too long"):
            await shop.change("scale")
    with pytest.raises(ChangeInProgress):
        await shop.change("starter")
    await shop.change("scale")
    assert shop.paid == [49_900, 50_000]


def test_a_wish_is_over_before_another_one_may_begin():
    assert intents._LEASE.total_seconds() >= intents._DEADLINE_SECONDS + 80  # Stripe ends what it works on by then


async def test_a_portal_and_an_audit_of_every_wish(shop, admin_connection):
    await shop.buy()
    await shop.change("scale")
    assert "/p/session/cus_" in await open_portal(shop.api, shop.payments, shop.admin, "https://app.example")
    acts = admin_connection.execute(
        "select action, actor, split_part(target, ':', 1) from app.audit_log order by id"
    ).fetchall()
    assert acts == [
        ("billing_checkout", shop.admin.name, "billing"),
        ("billing_change_plan", shop.admin.name, "billing"),
        ("standing_changed", "billing", "tenant"),
    ]
