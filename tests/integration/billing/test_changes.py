"""Buying and changing a subscription, end to end with Stripe's real client: who is charged what, and when."""

import asyncio
from datetime import timedelta

import pytest

from evosense.billing import intents
from evosense.billing.change import (
    InvoiceOpen,
    NotSubscribed,
    TooMuchInUse,
    set_addon,
    set_ending,
)
from evosense.billing.intents import ChangeInProgress
from evosense.billing.limits import LimitReached
from evosense.billing.reconcile import settle_all
from evosense.billing.repository import open_account
from evosense.billing.subscribe import AlreadySubscribed, PaymentPending, open_portal
from evosense.errors import InvalidInput, NotFound, UpstreamTransient
from evosense.testing.stripe import checkouts, invoices
from tests.integration.billing.shop import add_connections


async def test_a_purchase(shop):
    await shop.buy("scale", {"flow": 1, "connection": 2})
    allowed = await shop.allowed()
    assert (allowed.plan_id, allowed.standing.tenant_status, allowed.limits["connections"]) == ("scale", "active", 8)
    assert allowed.products == {"sense": "plan", "notifications": "plan", "api": "plan", "flow": "addon"}
    assert shop.paid == [99_900 + 14_900 + 2 * 7_900]
    page = await shop.page()
    assert page.account.paid_until == page.subscription.period_end
    assert [invoice.status for invoice in page.invoices] == ["paid"]


async def test_asking_again_gives_the_same_page_and_another_wish_closes_it(shop):
    first = await shop.checkout()
    assert await shop.checkout() == first
    other = await shop.checkout("scale")
    assert other.checkout_id != first.checkout_id
    assert (await shop.payments.checkout(first.checkout_id)).status == "expired"


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


async def test_who_has_a_subscription_buys_no_second_one(shop):
    await shop.buy()
    with pytest.raises(AlreadySubscribed):
        await shop.checkout("scale")


async def test_who_has_an_open_boleto_buys_no_second_one(shop):
    await shop.buy(method="boleto")
    with pytest.raises(PaymentPending):
        await shop.checkout()
    assert (await shop.page()).account.status == "pending"
    checkouts.settle_boleto(shop.stripe.ledger, shop.stripe.ledger.all("checkout.session")[0], paid=True)
    await shop.catch_up()
    assert (await shop.allowed()).standing.tenant_status == "active"
    assert shop.paid == [49_900]


async def test_a_boleto_takes_the_trial_of_nobody(shop):
    async with shop.pipeline.connection() as connection:
        await open_account(
            connection, shop.admin.tenant_id, livemode=False, trial_ends_at=shop.now() + timedelta(days=1)
        )
    await shop.buy(method="boleto")
    standing = (await shop.allowed()).standing
    assert (standing.tenant_status, standing.access, standing.banner) == ("trial", "full", "payment_incomplete")


async def test_the_rest_of_a_trial_goes_along(shop):
    ends_at = shop.now() + timedelta(days=9)
    async with shop.pipeline.connection() as connection:
        await open_account(connection, shop.admin.tenant_id, livemode=False, trial_ends_at=ends_at)
    await shop.buy()
    assert shop.paid == []
    page = await shop.page()
    assert (page.account.status, page.subscription.trial_ends_at) == ("active", ends_at)
    shop.pass_days(9.1)
    await shop.catch_up()
    assert shop.paid == [49_900]


async def test_opening_a_page_changes_nothing_for_who_has_no_trial(shop):
    await shop.checkout()
    await shop.catch_up()
    assert (await shop.allowed()).standing.tenant_status == "active"


async def test_a_larger_plan_is_billed_at_once(shop):
    await shop.buy()
    shop.pass_days(15)
    changed = await shop.change("scale")
    assert (changed.begins_at, changed.waits_for_payment) == (None, False)
    assert shop.paid == [49_900, 25_000]
    assert (await shop.allowed()).plan_id == "scale"
    assert (await shop.change("scale")).subscription.items[0].lookup_key == "evosense_scale_month_brl"
    assert shop.paid == [49_900, 25_000]


async def test_a_larger_plan_that_is_declined_waits(shop):
    await shop.buy()
    shop.stripe.ledger.all("customer")[0]["_declines"] = True
    assert (await shop.change("scale")).waits_for_payment
    assert (await shop.allowed()).plan_id == "pro"
    assert [notice.kind for notice in (await shop.page()).notices] == ["payment_failed"]


async def test_boleto_pays_for_a_larger_plan_with_the_next_invoice(shop):
    await shop.buy(method="boleto")
    checkouts.settle_boleto(shop.stripe.ledger, shop.stripe.ledger.all("checkout.session")[0], paid=True)
    shop.pass_days(15)
    assert not (await shop.change("scale")).waits_for_payment
    assert shop.paid == [49_900]
    shop.pass_days(15.1)
    assert shop.paid == [49_900, 99_900 + 25_000]


async def test_a_smaller_plan_begins_when_the_paid_period_ends(shop):
    await shop.buy("scale")
    shop.pass_days(10)
    changed = await shop.change("starter")
    assert changed.begins_at == changed.subscription.period_end
    assert (await shop.allowed()).plan_id == "scale"
    assert shop.paid == [99_900]
    shop.pass_days(20.5)
    await shop.catch_up()
    assert (await shop.allowed()).plan_id == "starter"
    assert shop.paid == [99_900, 19_900]


async def test_a_smaller_plan_taken_back_costs_nothing(shop):
    await shop.buy("scale")
    await shop.change("pro")
    await shop.change("scale")
    assert shop.paid == [99_900]
    shop.pass_days(30.1)
    assert shop.paid == [99_900, 99_900]


async def test_from_a_smaller_plan_not_begun_to_the_largest_costs_the_difference_only(shop):
    await shop.buy("pro")
    await shop.change("starter")
    await shop.change("scale")
    assert shop.paid == [49_900, 50_000]


async def test_a_smaller_plan_with_too_much_in_use_is_refused(shop):
    await shop.buy("scale")
    await add_connections(shop, 4)
    with pytest.raises(TooMuchInUse, match="connections: 4 in use, 3 allowed") as refusal:
        await shop.change("pro")
    assert refusal.value.over == {"connections": (4, 3)}
    assert (await shop.payments.customer(shop.stripe.ledger.all("customer")[0]["id"])).subscriptions[
        0
    ].kept_until is None


async def test_connections_are_switched_off_when_agreed_and_not_before(shop, admin_connection):
    await shop.buy("scale")
    await add_connections(shop, 4)
    await shop.change("pro", reduce=True)
    active = "select array_agg(is_active order by created_at, id) from app.connection"
    assert admin_connection.execute(active).fetchone()[0] == [True] * 4
    shop.pass_days(30.5)
    await shop.catch_up()
    assert admin_connection.execute(active).fetchone()[0] == [True] * 3 + [False]
    assert {notice.kind for notice in (await shop.page()).notices} == {"connections_switched_off"}


async def test_places_that_are_about_to_go_are_not_filled_again(shop):
    """Otherwise the smaller plan would be paid for and the larger one used, for ever."""
    await shop.buy("scale")
    await add_connections(shop, 3)
    await shop.change("pro")
    with pytest.raises(LimitReached, match="the smaller plan that you chose allows 3 connections and 3 are in use"):
        await add_connections(shop, 1)
    await shop.change("scale")
    await add_connections(shop, 1)


async def test_who_agreed_to_a_cut_uses_what_is_paid_for_until_then(shop, admin_connection):
    await shop.buy("scale")
    await add_connections(shop, 4)
    await shop.change("pro", reduce=True)
    await add_connections(shop, 2)
    shop.pass_days(30.5)
    await shop.catch_up()
    assert admin_connection.execute("select count(*) from app.connection where is_active").fetchone() == (3,)
    assert {notice.kind for notice in (await shop.page()).notices} == {"connections_switched_off"}


async def test_addons_come_and_go(shop, admin_connection):
    await shop.buy("pro")
    await set_addon(shop.api, shop.payments, shop.admin, "connection", 2, shop.now())
    await shop.catch_up()
    assert (await shop.allowed()).limits["connections"] == 5
    assert shop.paid == [49_900, 15_800]
    await add_connections(shop, 5)
    with pytest.raises(TooMuchInUse):
        await set_addon(shop.api, shop.payments, shop.admin, "connection", 1, shop.now())
    with pytest.raises(InvalidInput):
        await set_addon(shop.api, shop.payments, shop.admin, "notifications", 1, shop.now())
    await set_addon(shop.api, shop.payments, shop.admin, "api", 1, shop.now())
    await set_addon(shop.api, shop.payments, shop.admin, "api", 0, shop.now())
    await shop.catch_up()
    assert "api" not in (await shop.allowed()).products
    changes = admin_connection.execute(
        "select detail -> 'addons' from app.audit_log where action = 'addons_changed' order by id"
    ).fetchall()
    assert [row[0] for row in changes] == [[{}, {"connection": 2}]]  # api came and went between two looks


async def test_the_end_can_be_set_and_taken_back(shop):
    await shop.buy()
    ended = await set_ending(shop.api, shop.payments, shop.admin, shop.now(), ends=True)
    assert ended.begins_at == ended.subscription.period_end
    await set_ending(shop.api, shop.payments, shop.admin, shop.now(), ends=False)
    shop.pass_days(31)
    await shop.catch_up()
    assert (await shop.allowed()).standing.tenant_status == "active"
    await set_ending(shop.api, shop.payments, shop.admin, shop.now(), ends=True)
    shop.pass_days(31)
    await shop.catch_up()
    standing = (await shop.allowed()).standing
    assert (standing.tenant_status, standing.purge_after) == (
        "canceled",
        (await shop.page()).subscription.ended_at + timedelta(days=30),
    )


async def test_an_open_invoice_comes_first(shop):
    await shop.buy()
    shop.stripe.ledger.all("customer")[0]["_declines"] = True
    shop.pass_days(30.5)
    await shop.catch_up()
    assert (await shop.allowed()).standing.tenant_status == "grace"
    with pytest.raises(InvoiceOpen):
        await shop.change("scale")
    shop.pass_days(7)
    assert (await shop.allowed()).standing.access == "read_only"
    invoices.settle_invoice(
        shop.stripe.ledger, next(one for one in shop.stripe.ledger.all("invoice") if one["status"] == "open")
    )
    assert {notice.kind for notice in (await shop.page()).notices} == {"payment_failed"}
    await shop.catch_up()
    assert ((await shop.allowed()).standing.access, (await shop.page()).notices) == ("full", ())


async def test_seven_days_of_grace_end_in_reading_only_told_and_audited(shop, admin_connection):
    await shop.buy()
    shop.stripe.ledger.all("customer")[0]["_declines"] = True
    shop.pass_days(30.5)
    await shop.catch_up()
    await settle_all(shop.pipeline, shop.now() + timedelta(days=7))
    await settle_all(shop.pipeline, shop.now() + timedelta(days=8))
    assert [notice.kind for notice in (await shop.page()).notices].count("read_only") == 1
    changes = "select detail -> 'status', detail -> 'access' from app.audit_log where action = 'standing_changed'"
    assert admin_connection.execute(changes + " order by id").fetchall() == [
        (["active", "grace"], ["full", "full"]),
        (["grace", "grace"], ["full", "read_only"]),
    ]
    bill = next(one for one in shop.stripe.ledger.all("invoice") if one["status"] == "open")
    invoices.settle_invoice(shop.stripe.ledger, bill)
    await shop.catch_up()
    assert (await shop.page()).notices == ()
    back = admin_connection.execute(changes + " order by id desc limit 1").fetchone()
    assert back == (["grace", "active"], ["read_only", "full"])


@pytest.mark.parametrize(("plan_id", "error"), [("enterprise", InvalidInput), ("gold", NotFound)])
async def test_what_can_not_be_bought(shop, plan_id, error):
    with pytest.raises(error):
        await shop.checkout(plan_id)
    with pytest.raises(NotSubscribed):
        await shop.change("scale")


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
    assert (await open_portal(shop.api, shop.payments, shop.admin, "https://app.example")).startswith("https://")
    actions = admin_connection.execute("select action from app.audit_log order by id").fetchall()
    assert [row[0] for row in actions] == ["billing_checkout", "billing_change_plan", "standing_changed"]
