"""Buying a subscription, end to end with Stripe's real client: who is charged what, and never twice."""

from datetime import timedelta

import pytest

from evosense.billing.change import (
    NotSubscribed,
)
from evosense.billing.repository import open_account
from evosense.billing.subscribe import AlreadySubscribed, PaymentPending
from evosense.errors import InvalidInput, NotFound
from evosense.testing.stripe import checkouts


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


@pytest.mark.parametrize(("plan_id", "error"), [("enterprise", InvalidInput), ("gold", NotFound)])
async def test_what_can_not_be_bought(shop, plan_id, error):
    with pytest.raises(error):
        await shop.checkout(plan_id)
    with pytest.raises(NotSubscribed):
        await shop.change("scale")
