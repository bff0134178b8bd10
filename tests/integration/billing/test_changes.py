"""Changing a subscription, end to end with Stripe's real client: who is charged what, and when."""

from datetime import timedelta

import pytest

from evosense.billing.change import (
    InvoiceOpen,
    TooMuchInUse,
    set_addon,
    set_ending,
)
from evosense.billing.limits import LimitReached
from evosense.billing.reconcile import settle_all
from evosense.errors import InvalidInput
from evosense.testing.stripe import checkouts, invoices
from tests.integration.billing.shop import add_connections


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
