"""Against Stripe's own test mode, for who has a key: STRIPE_TEST_KEY=sk_test_… make test (or pytest tests/live).

Makes prices, a customer and a checkout page in that account; nothing there can move money.
"""

import os

import pytest

from evosense.billing.gateway import StripeGateway
from evosense.billing.payments import ItemChange, NewCheckout, SubscriptionChange
from evosense.billing.plans import load_catalogue
from evosense.billing.price_list import publish_prices
from evosense.db.ids import new_id
from evosense.errors import UpstreamPermanent

KEY = os.environ.get("STRIPE_TEST_KEY", "")
pytestmark = [pytest.mark.live, pytest.mark.skipif(not KEY.startswith("sk_test_"), reason="STRIPE_TEST_KEY is not set")]


@pytest.fixture
async def payments():
    gateway = StripeGateway(KEY)
    yield gateway
    await gateway.close()


async def test_prices_customer_checkout_portal(payments, pipeline_pool):
    async with pipeline_pool.connection() as connection:
        catalogue = await load_catalogue(connection)
    await publish_prices(payments, catalogue)
    assert await publish_prices(payments, catalogue) == []
    tenant_id = new_id()
    customer_id = await payments.create_customer(tenant_id, "EvoSense live test", key=str(tenant_id))
    assert await payments.create_customer(tenant_id, "EvoSense live test", key=str(tenant_id)) == customer_id
    with pytest.raises(UpstreamPermanent):
        await payments.create_customer(tenant_id, "Another name", key=str(tenant_id))
    new = NewCheckout(
        tenant_id, customer_id, "pro", {"evosense_pro_month_brl": 1}, "https://example.com", "https://example.com"
    )
    page = await payments.create_checkout(new, key=f"{tenant_id} checkout")
    assert (await payments.checkout(page.checkout_id)).status == "open"
    await payments.expire_checkout(page.checkout_id, key=f"{tenant_id} expire")
    facts = await payments.customer(customer_id)
    assert (facts.subscriptions, facts.invoices) == ((), ())
    change = SubscriptionChange("sub_none", [ItemChange("si_none", "evosense_pro_month_brl", 1)])
    with pytest.raises(UpstreamPermanent):
        await payments.change(change, key=f"{tenant_id} change")
