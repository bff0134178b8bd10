"""Billing as a person tries it: the stand-in's pages clicked on, its events posted to the API, the page in between."""

import asyncio
import json
import sys
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from evosense.billing.gateway import StripeGateway
from evosense.billing.project import process_due
from evosense.settings import BillingSettings
from evosense.testing.stripe.__main__ import tell
from evosense.testing.stripe.ledger import Ledger
from evosense.testing.stripe.server import stand_in
from tests.integration.serving.conftest import running

SECRET = "whsec_of_a_test"


@pytest.fixture
async def stripe():
    async with stand_in(Ledger(now=int(datetime.now(UTC).timestamp()))) as server:
        yield server


@pytest.fixture
async def shop(database_url, stripe):
    settings = BillingSettings.model_construct(
        stripe_secret_key=SecretStr("sk_test_x"),
        stripe_webhook_secret=SecretStr(SECRET),
        stripe_webhook_secret_previous=None,
        stripe_api_base=stripe.url,
    )
    async with running(database_url, billing=settings) as api:
        telling = asyncio.create_task(tell(stripe.ledger, f"{api.url}/api/webhooks/stripe", SECRET))
        yield api
        telling.cancel()


async def click(url: str, **form: str) -> httpx.Response:
    """Open a page, then press one of its buttons."""
    async with httpx.AsyncClient() as browser:
        opened = await browser.get(url)
        assert opened.status_code == 200, opened.text
        [value] = form.values()
        assert f'value="{value}"' in opened.text
        return await browser.post(url, data=form)


async def test_bought_failed_and_paid_by_clicking(shop, stripe, people, pipeline_pool, admin_connection):
    ana = shop.headers(people["ana"])
    gateway = StripeGateway("sk_test_x", api_base=stripe.url)

    async def heard() -> None:
        """Every event has arrived and is worked in."""
        async with asyncio.timeout(30):
            told = "select count(*) from app.stripe_event"
            while admin_connection.execute(told).fetchone()[0] < len(stripe.ledger.events):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await process_due(pipeline_pool, gateway, datetime.now(UTC))

    async def status() -> str:
        return (await shop.client.get("/api/entitlements", headers=ana)).json()["status"]

    async def post(path: str, body: object = None) -> str:
        answer = await shop.client.post(path, json=body, headers=ana)
        assert answer.status_code == 200, answer.text
        return answer.json()["url"]

    page = await post("/api/billing/checkout", {"plan": "scale", "addons": {"connection": 2}})
    declined = await click(page, method="declined")
    assert "O cartão foi recusado" in declined.text
    assert "R$ 1.157,00" in declined.text
    paid = await click(page, method="card")
    assert (paid.status_code, paid.headers["location"]) == (303, f"{shop.url}/billing?checkout=done")
    await heard()
    entitled = (await shop.client.get("/api/entitlements", headers=ana)).json()
    assert (entitled["plan"], entitled["status"], entitled["limits"]["connections"]) == ("scale", "active", 8)
    assert (await shop.client.get("/api/billing", headers=ana)).json()["addons"] == {"connection": 2}

    portal = await post("/api/billing/portal")
    await click(portal, act="fail")
    assert "Feito: Passa um mês." in (await click(portal, act="month")).text
    await heard()
    assert await status() == "grace"
    await click(portal, act="work")
    await click(portal, act="pay")
    await heard()
    assert await status() == "active"
    await gateway.close()


async def test_the_process_says_how_to_reach_it_and_stops():
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "evosense.testing.stripe", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    settings = json.loads(await asyncio.wait_for(child.stdout.readline(), 60))
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {settings['STRIPE_SECRET_KEY']}"}) as client:
        prices = (await client.get(f"{settings['STRIPE_API_BASE']}/v1/prices")).json()
    assert len(prices["data"]) > 0
    assert set(settings) == {"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE"}
    child.terminate()
    assert await asyncio.wait_for(child.wait(), 60) == 0
