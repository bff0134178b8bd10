"""The API is killed (SIGKILL) at each step of a purchase, a change of plan, an add-on: the money moves exactly once.

The child asks Stripe's stand-in with the real client. The stand-in kills it when its n-th request arrives, or when
that request was acted on and the answer is about to be sent. Then somebody tries again.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

import pytest

from evosense.billing.change import change_plan, set_addon
from evosense.billing.gateway import StripeGateway
from evosense.billing.subscribe import Pages, start_checkout
from evosense.db.database import open_pool
from evosense.db.tenancy import Actor
from evosense.testing.stripe import checkouts
from evosense.testing.stripe.ledger import Ledger
from evosense.testing.stripe.server import stand_in

pytestmark = pytest.mark.faults
EVERY_STEP = os.environ.get("EVOSENSE_PROFILE") == "full"
PAGES = Pages("https://app.example/ok", "https://app.example/no")
_CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from uuid import UUID
from evosense.billing.change import change_plan, set_addon
from evosense.billing.gateway import StripeGateway
from evosense.billing.subscribe import Pages, start_checkout
from evosense.db.database import open_pool
from evosense.db.tenancy import Actor

async def main(url, stripe, tenant, wish):
    async with open_pool(url, "evosense_api") as pool:
        gateway, admin = StripeGateway("sk_test_x", api_base=stripe), Actor(UUID(tenant), None, "admin")
        pages = Pages("https://app.example/ok", "https://app.example/no")
        if wish == "buy":
            await start_checkout(pool, gateway, admin, "starter", {}, pages, datetime.now(UTC))
        elif wish == "add":
            await set_addon(pool, gateway, admin, "connection", 2, datetime.now(UTC))
        else:
            await change_plan(pool, gateway, admin, "scale", datetime.now(UTC))

asyncio.run(main(*sys.argv[1:]))
"""
# (request, moment). A purchase asks for the customer, its state, the price, the page; a change for the state, the
# price, the change itself. Reads are only struck when they arrive.
PURCHASES = [(number, moment) for number in range(1, 8) for moment in ("arrived", "acted")]
CHANGES = [(number, moment) for number in range(1, 6) for moment in ("arrived", "acted")]
SHORT = {"buy": [(7, "acted")], "change": [(4, "acted")], "add": [(4, "acted")]}
CHARGES = {"buy": [19_900], "change": [19_900, 80_000], "add": [19_900, 15_800]}


async def kill_at(stripe, url, tenant_id, wish, request, moment) -> bool:
    """Run the child until the moment comes; False when it ended before that."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, url, stripe.url, str(tenant_id), wish, stderr=asyncio.subprocess.DEVNULL
    )
    first = len(stripe.calls)

    def strike(number: int, now: str) -> None:
        if (number - first, now) == (request, moment):
            os.kill(child.pid, signal.SIGKILL)

    stripe.on_request = strike
    code = await asyncio.wait_for(child.wait(), 60)
    stripe.on_request = lambda _number, _moment: None
    return code == -signal.SIGKILL


@pytest.mark.parametrize("wish", CHARGES)
async def test_killed_anywhere_the_money_moves_once(database_url, admin, wish):
    steps = (PURCHASES if wish == "buy" else CHANGES) if EVERY_STEP else SHORT[wish]
    killed = 0
    for request, moment in steps:
        killed += await one_life(database_url, admin, wish, request, moment)
    assert killed >= (4 if EVERY_STEP else 1)


async def one_life(url, admin, wish, request, moment) -> bool:
    clear(url)
    async with (
        stand_in(Ledger(now=int(datetime.now(UTC).timestamp()))) as stripe,
        open_pool(url, "evosense_api", max_size=2) as pool,
    ):
        gateway = StripeGateway("sk_test_x", api_base=stripe.url)
        now = datetime.now(UTC)
        if wish != "buy":
            page = await start_checkout(pool, gateway, admin, "starter", {}, PAGES, now)
            checkouts.pay_checkout(stripe.ledger, stripe.ledger.get("checkout.session", page.checkout_id))
        was_killed = await kill_at(stripe, url, admin.tenant_id, wish, request, moment)
        if wish == "buy":
            page = await start_checkout(pool, gateway, admin, "starter", {}, PAGES, now)
            checkouts.pay_checkout(stripe.ledger, stripe.ledger.get("checkout.session", page.checkout_id))
            payable = [one for one in stripe.ledger.all("checkout.session") if one["status"] == "open"]
            assert payable == []
        elif wish == "add":
            await set_addon(pool, gateway, admin, "connection", 2, now)
        else:
            await change_plan(pool, gateway, admin, "scale", now)
        amounts = [payment["amount"] for payment in stripe.ledger.payments]
        assert amounts == CHARGES[wish], (wish, request, moment)
        assert len([one for one in stripe.ledger.all("subscription") if one["status"] == "active"]) == 1
        assert len(stripe.ledger.all("customer")) == 1
        await gateway.close()
    return was_killed


def clear(url: str) -> None:
    """Each life begins with a tenant that has not bought anything."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute("truncate app.payment_account, app.billing_intent cascade")


@pytest.fixture
def admin(tenant_id) -> Actor:
    return Actor(tenant_id, None, "admin")
