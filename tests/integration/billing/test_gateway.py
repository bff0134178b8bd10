"""The real Stripe client against the stand-in: versions, retries, idempotency, errors."""

import pytest
import stripe as stripe_client

from evosense.billing.gateway import API_VERSION, StripeGateway, _translate
from evosense.billing.payments import ItemChange, NewCheckout, PaymentDeclined, SubscriptionChange
from evosense.db.ids import new_id
from evosense.errors import ConfigurationError, UpstreamPermanent, UpstreamTransient
from evosense.testing.stripe import checkouts
from evosense.testing.stripe.clock import advance
from evosense.testing.stripe.ledger import DAY, Ledger

PRO, SCALE = "evosense_pro_month_brl", "evosense_scale_month_brl"


async def bought(payments, stripe, plan=PRO, method="card"):
    tenant_id = new_id()
    customer_id = await payments.create_customer(tenant_id, "Loja", key=str(tenant_id))
    new = NewCheckout(tenant_id, customer_id, "pro", {plan: 1}, "https://a.example/ok", "https://a.example/no")
    page = await payments.create_checkout(new, key=f"checkout {tenant_id}")
    checkouts.pay_checkout(stripe.ledger, stripe.ledger.get("checkout.session", page.checkout_id), method=method)
    return customer_id, page


async def test_the_api_version_is_pinned(payments, stripe):
    await payments.create_customer(new_id(), "Loja", key="a")
    assert stripe.versions == {API_VERSION}


async def test_a_purchase_shows_as_facts(payments, stripe):
    customer_id, page = await bought(payments, stripe)
    assert page.url.endswith(page.checkout_id)
    facts = await payments.customer(customer_id)
    assert [one.status for one in facts.subscriptions] == ["active"]
    assert facts.subscriptions[0].items[0].lookup_key == PRO
    assert facts.subscriptions[0].period_end > facts.subscriptions[0].period_start
    assert [(one.status, one.amount_paid_cents, one.subscription_id) for one in facts.invoices] == [
        ("paid", 49_900, facts.subscriptions[0].subscription_id)
    ]
    assert (await payments.checkout(page.checkout_id)).status == "complete"


async def test_the_same_key_acts_once_and_answers_the_same(payments, stripe):
    tenant_id = new_id()
    first = await payments.create_customer(tenant_id, "Loja", key="k")
    assert await payments.create_customer(tenant_id, "Loja", key="k") == first
    assert len(stripe.ledger.all("customer")) == 1
    with pytest.raises(UpstreamPermanent, match="Idempotency"):
        await payments.create_customer(tenant_id, "Outra loja", key="k")


@pytest.mark.parametrize("fault", ["lost_answer", "error_before", "error_after"])
async def test_a_fault_on_the_way_acts_once(payments, stripe, fault):
    stripe.faults.append(fault)
    await payments.create_customer(new_id(), "Loja", key="k")
    assert len(stripe.ledger.all("customer")) == 1


async def test_too_many_calls_are_not_hammered(payments, stripe):
    stripe.faults.append("too_many")
    with pytest.raises(UpstreamTransient):
        await payments.create_customer(new_id(), "Loja", key="k")
    assert len(stripe.calls) == 1


async def test_stripe_away_can_be_tried_again(stripe):
    gateway = StripeGateway("sk_test_x", api_base=stripe.url, retries=0)
    stripe.away = True
    with pytest.raises(UpstreamTransient) as error:
        await gateway.customer("cus_1")
    assert error.value.retryable
    await gateway.close()
    gone = StripeGateway("sk_test_x", api_base="http://127.0.0.1:9", retries=0)
    with pytest.raises(UpstreamTransient):
        await gone.customer("cus_1")
    await gone.close()


async def test_a_refused_key_says_which_setting(stripe):
    gateway = StripeGateway("sk_other", api_base=stripe.url)
    with pytest.raises(ConfigurationError, match="STRIPE_SECRET_KEY"):
        await gateway.customer("cus_1")
    await gateway.close()


async def test_a_missing_price_says_what_to_do(payments, stripe):
    customer_id = await payments.create_customer(new_id(), "Loja", key="c")
    new = NewCheckout(new_id(), customer_id, "pro", {"evosense_none": 1}, "https://a.example", "https://a.example")
    with pytest.raises(ConfigurationError, match="evosense_none"):
        await payments.create_checkout(new, key="k")


async def test_an_upgrade_is_billed_for_the_rest_of_the_period(payments, stripe):
    customer_id, _ = await bought(payments, stripe)
    advance(stripe.ledger, 15 * DAY)
    before = (await payments.customer(customer_id)).subscriptions[0]
    item = ItemChange(before.items[0].item_id, SCALE, 1)
    after = await payments.change(
        SubscriptionChange(before.subscription_id, [item], "always_invoice", only_if_paid=True), key="k"
    )
    assert after.items[0].lookup_key == SCALE
    assert [payment["amount"] for payment in stripe.ledger.payments] == [49_900, 25_000]


async def test_a_declined_upgrade_changes_nothing_until_it_is_paid(payments, stripe):
    customer_id, _ = await bought(payments, stripe)
    stripe.ledger.get("customer", customer_id)["_declines"] = True
    before = (await payments.customer(customer_id)).subscriptions[0]
    item = ItemChange(before.items[0].item_id, SCALE, 1)
    after = await payments.change(
        SubscriptionChange(before.subscription_id, [item], "always_invoice", only_if_paid=True), key="k"
    )
    assert (after.status, after.items) == ("active", before.items)


def test_a_declined_card_is_told_without_what_stripe_said():
    told = _translate(stripe_client.CardError("Your card of Maria was declined.", None, "card_declined"))
    assert isinstance(told, PaymentDeclined)
    assert "Maria" not in str(told)


async def test_every_subscription_is_listed_page_by_page(payments, stripe, monkeypatch):
    monkeypatch.setattr("evosense.billing.gateway._PAGE", 2)
    for _ in range(5):
        await bought(payments, stripe)
    assert len({one.subscription_id async for one in payments.subscriptions()}) == 5


async def test_a_portal_and_a_closed_page(payments, stripe):
    customer_id = await payments.create_customer(new_id(), "Loja", key="c")
    url = await payments.create_portal(customer_id, "https://a.example/billing", key="p")
    assert url.startswith(f"{stripe.url}/p/session/{customer_id}?back=")
    new = NewCheckout(new_id(), customer_id, "pro", {PRO: 1}, "https://a.example", "https://a.example")
    page = await payments.create_checkout(new, key="k")
    await payments.expire_checkout(page.checkout_id, key="e")
    assert (await payments.checkout(page.checkout_id)).status == "expired"
    with pytest.raises(UpstreamPermanent):
        await payments.expire_checkout(page.checkout_id, key="e2")


async def test_whose_charge_it_is(payments, stripe):
    customer_id, _ = await bought(payments, stripe)
    assert await payments.customer_of_charge(stripe.ledger.payments[0]["id"]) == customer_id


def test_livemode_is_read_off_the_key():
    assert StripeGateway("sk_live_x").livemode
    assert not StripeGateway("sk_test_x").livemode
    assert not Ledger().livemode
