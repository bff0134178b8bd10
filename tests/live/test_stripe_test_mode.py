"""One set of expectations for two accounts: the stand-in, always, and Stripe's own test mode for who has a key.

    STRIPE_TEST_KEY=sk_test_… make test      (or: pytest tests/live)

At Stripe it makes prices, customers, a checkout page and subscriptions under test clocks; nothing there can move money.
What holds for both is what the other tests may believe of the stand-in.
"""

import asyncio
import os
import time
from dataclasses import dataclass

import pytest
import stripe

from evosense.billing.gateway import API_VERSION, StripeGateway
from evosense.billing.models import CustomerFacts, SubscriptionFacts
from evosense.billing.payments import ItemChange, NewCheckout, SubscriptionChange
from evosense.billing.plans import load_catalogue
from evosense.billing.price_list import publish_prices
from evosense.billing.shapes import KEPT_PLAN_KEY, KEPT_UNTIL_KEY, PLAN_KEY, TENANT_KEY
from evosense.db.ids import new_id
from evosense.errors import UpstreamPermanent
from evosense.testing.stripe.by_hand import DECLINING_CARD
from evosense.testing.stripe.ledger import DAY, Ledger
from evosense.testing.stripe.server import stand_in

KEY = os.environ.get("STRIPE_TEST_KEY", "")
pytestmark = pytest.mark.live
STARTER, PRO, SCALE = (f"evosense_{plan}_month_brl" for plan in ("starter", "pro", "scale"))
API, CONNECTION = "evosense_addon_api_month_brl", "evosense_addon_connection_month_brl"


@dataclass
class Account:
    """An account at Stripe, or at the stand-in: our gateway, and Stripe's client for what we never do ourselves."""

    payments: StripeGateway
    client: stripe.StripeClient

    async def look(self, customer_id: str) -> CustomerFacts:
        return await self.payments.customer(customer_id)

    async def subscription(self, customer_id: str) -> SubscriptionFacts:
        [found] = (await self.look(customer_id)).subscriptions
        return found

    async def paid(self, customer_id: str) -> list[int]:
        """What was paid, the oldest first."""
        bills = sorted((await self.look(customer_id)).invoices, key=lambda bill: (bill.created_at, bill.invoice_id))
        return [bill.amount_paid_cents for bill in bills if bill.status == "paid"]

    async def change(self, subscription: SubscriptionFacts, *items: ItemChange, key: str, **how) -> SubscriptionFacts:
        return await self.payments.change(
            SubscriptionChange(subscription.subscription_id, list(items), **how), key=f"{key} {new_id()}"
        )


@pytest.fixture(params=["stand-in", "stripe"])
async def account(request):
    if request.param == "stripe":
        if not KEY.startswith("sk_test_"):
            pytest.skip("STRIPE_TEST_KEY is not set")
        gateway = StripeGateway(KEY)
        yield Account(gateway, stripe.StripeClient(KEY, stripe_version=API_VERSION, http_client=stripe.HTTPXClient()))
        await gateway.close()
        return
    async with stand_in(Ledger(now=int(time.time()))) as server:
        gateway = StripeGateway("sk_test_x", api_base=server.url)
        client = stripe.StripeClient(
            "sk_test_x",
            stripe_version=API_VERSION,
            base_addresses={"api": server.url},
            http_client=stripe.HTTPXClient(),
        )
        yield Account(gateway, client)
        await gateway.close()


@pytest.fixture
async def prices(account, pipeline_pool):
    """The price list, published; lookup key to id."""
    async with pipeline_pool.connection() as connection:
        catalogue = await load_catalogue(connection)
    await publish_prices(account.payments, catalogue)
    assert await publish_prices(account.payments, catalogue) == []
    found = await account.payments.prices([STARTER, PRO, SCALE, API, CONNECTION])
    return {price.lookup_key: price.price_id for price in found}


@pytest.fixture
async def clock(account):
    """A test clock, taken away afterwards with all that hangs on it."""
    clocks = account.client.v1.test_helpers.test_clocks
    made = await clocks.create_async({"frozen_time": int(time.time()), "name": "EvoSense live test"})
    yield made
    await clocks.delete_async(made.id)


async def subscriber(account, clock, prices, lookup_key: str, card: str = "pm_card_visa") -> str:
    """A customer under the clock that pays by a test card and has subscribed; answers its id."""
    v1 = account.client.v1
    customer = await v1.customers.create_async({"name": "EvoSense live test", "test_clock": clock.id})
    await pays_by(account, customer.id, card)
    metadata = {TENANT_KEY: str(new_id())}
    items = [{"price": prices[lookup_key]}]
    await v1.subscriptions.create_async({"customer": customer.id, "items": items, "metadata": metadata})
    return customer.id


async def pays_by(account, customer_id: str, card: str) -> None:
    method = await account.client.v1.payment_methods.attach_async(card, {"customer": customer_id})
    default = {"invoice_settings": {"default_payment_method": method.id}}
    await account.client.v1.customers.update_async(customer_id, default)


async def set_forward(account, clock, until: int) -> None:
    clocks = account.client.v1.test_helpers.test_clocks
    await clocks.advance_async(clock.id, {"frozen_time": until})
    async with asyncio.timeout(180):
        while (await clocks.retrieve_async(clock.id)).status != "ready":  # noqa: ASYNC110 - Stripe tells who asks only
            await asyncio.sleep(2)


async def test_prices_customer_checkout_portal(account, prices):
    payments, tenant_id = account.payments, new_id()
    customer_id = await payments.create_customer(tenant_id, "EvoSense live test", key=str(tenant_id))
    assert await payments.create_customer(tenant_id, "EvoSense live test", key=str(tenant_id)) == customer_id
    with pytest.raises(UpstreamPermanent):
        await payments.create_customer(tenant_id, "Another name", key=str(tenant_id))
    new = NewCheckout(tenant_id, customer_id, "pro", {PRO: 1, API: 1}, "https://example.com", "https://example.com")
    page = await payments.create_checkout(new, key=f"{tenant_id} checkout")
    assert await payments.create_checkout(new, key=f"{tenant_id} checkout") == page
    assert ((await payments.checkout(page.checkout_id)).status, page.url is not None) == ("open", True)
    await payments.expire_checkout(page.checkout_id, key=f"{tenant_id} expire")
    assert (await payments.checkout(page.checkout_id)).status == "expired"
    facts = await payments.customer(customer_id)
    assert (facts.subscriptions, facts.invoices) == ((), ())
    change = SubscriptionChange("sub_none", [ItemChange("si_none", PRO, 1)])
    with pytest.raises(UpstreamPermanent):
        await payments.change(change, key=f"{tenant_id} change")


async def test_a_life_from_the_first_payment_to_the_end(account, clock, prices):
    customer_id = await subscriber(account, clock, prices, PRO)
    begun = await account.subscription(customer_id)
    assert (begun.status, [(item.lookup_key, item.quantity) for item in begun.items]) == ("active", [(PRO, 1)])
    assert begun.period_end > begun.period_start
    assert await account.paid(customer_id) == [49_900]
    [bill] = (await account.look(customer_id)).invoices
    assert (bill.subscription_id, bill.period_end) == (begun.subscription_id, begun.period_end)

    # A larger plan: billed at once for what is left of the period, here all of it.
    item = ItemChange(begun.items[0].item_id, SCALE, 1)
    larger = await account.change(begun, item, key="larger", proration="always_invoice", only_if_paid=True)
    assert [one.lookup_key for one in larger.items] == [SCALE]
    assert (await account.paid(customer_id))[1:] == [50_000]

    # A smaller one: nothing is billed or given back, the metadata keep what was paid for.
    kept = {PLAN_KEY: "starter", KEPT_PLAN_KEY: "scale", KEPT_UNTIL_KEY: str(int(larger.period_end.timestamp()))}
    item = ItemChange(larger.items[0].item_id, STARTER, 1)
    smaller = await account.change(larger, item, key="smaller", proration="none", metadata=kept)
    assert (smaller.kept_plan_id, smaller.kept_until) == ("scale", larger.period_end)
    assert len(await account.paid(customer_id)) == 2

    # An add-on is an item beside the plan's; quantity 0 takes it away.
    more = await account.change(
        smaller, ItemChange(None, CONNECTION, 2), key="more", proration="always_invoice", only_if_paid=True
    )
    addon = next(one for one in more.items if one.lookup_key == CONNECTION)
    assert addon.quantity == 2
    assert sum(await account.paid(customer_id)) == 49_900 + 50_000 + 2 * 7_900
    fewer = await account.change(more, ItemChange(addon.item_id, None, 0), key="fewer", proration="none")
    assert [one.lookup_key for one in fewer.items] == [STARTER]

    # The next period costs the smaller plan; then the end, taken back once.
    await set_forward(account, clock, int(fewer.period_end.timestamp()) + DAY)
    assert (await account.paid(customer_id))[3:] == [19_900]
    renewed = await account.subscription(customer_id)
    assert renewed.period_end > fewer.period_end
    for ends in (True, False, True):
        ending = await account.change(renewed, key=f"ending {ends}", proration="none", cancel_at_period_end=ends)
        assert ending.cancel_at_period_end is ends
    await set_forward(account, clock, int(renewed.period_end.timestamp()) + DAY)
    over = await account.subscription(customer_id)
    assert over.status == "canceled"
    assert over.ended_at is not None
    assert len(await account.paid(customer_id)) == 4


async def test_a_change_asked_for_twice_by_one_key_is_billed_once(account, clock, prices):
    customer_id = await subscriber(account, clock, prices, PRO)
    begun = await account.subscription(customer_id)
    item = ItemChange(begun.items[0].item_id, SCALE, 1)
    change = SubscriptionChange(begun.subscription_id, [item], "always_invoice", only_if_paid=True)
    key = str(new_id())
    first = await account.payments.change(change, key=key)
    assert await account.payments.change(change, key=key) == first
    assert await account.paid(customer_id) == [49_900, 50_000]


async def test_a_larger_plan_whose_payment_is_declined_does_not_begin(account, clock, prices):
    customer_id = await subscriber(account, clock, prices, PRO)
    await pays_by(account, customer_id, DECLINING_CARD)
    begun = await account.subscription(customer_id)
    item = ItemChange(begun.items[0].item_id, SCALE, 1)
    waiting = await account.change(begun, item, key="declined", proration="always_invoice", only_if_paid=True)
    assert (waiting.status, [one.lookup_key for one in waiting.items]) == ("active", [PRO])
    assert await account.paid(customer_id) == [49_900]


async def test_a_renewal_that_is_declined_is_past_due(account, clock, prices):
    customer_id = await subscriber(account, clock, prices, STARTER)
    begun = await account.subscription(customer_id)
    await pays_by(account, customer_id, DECLINING_CARD)
    await set_forward(account, clock, int(begun.period_end.timestamp()) + 2 * DAY)
    late = await account.subscription(customer_id)
    bills = [bill for bill in (await account.look(customer_id)).invoices if bill.status == "open"]
    assert (late.status, len(bills)) == ("past_due", 1)
    assert bills[0].attempt_count >= 1
    assert bills[0].next_payment_attempt is not None
