"""Billing over HTTP: Stripe's webhook, the billing page, and what a subscription's standing does to API and socket."""

from datetime import UTC, datetime

import orjson
import pytest
import websockets
from pydantic import SecretStr

from evosense.billing.gateway import StripeGateway
from evosense.billing.project import process_due
from evosense.billing.repository import bind_customer, open_account
from evosense.settings import BillingSettings
from evosense.testing.stripe import checkouts
from evosense.testing.stripe.histories import HISTORIES, PRO, begin, buy
from evosense.testing.stripe.ledger import Ledger
from evosense.testing.stripe.server import stand_in
from evosense.testing.stripe.webhooks import Disorder, deliver, disordered, payload_of, signature
from tests.integration.serving.conftest import running

CURRENT, FORMER = "whsec_current", "whsec_former"


@pytest.fixture
async def stripe():
    async with stand_in(Ledger(now=int(datetime.now(UTC).timestamp()))) as server:
        yield server


@pytest.fixture
async def shop(database_url, stripe):
    """The API with billing switched on."""
    settings = BillingSettings.model_construct(
        stripe_secret_key=SecretStr("sk_test_x"),
        stripe_webhook_secret=SecretStr(CURRENT),
        stripe_webhook_secret_previous=SecretStr(FORMER),
        stripe_api_base=stripe.url,
    )
    async with running(database_url, billing=settings) as api:
        yield api


@pytest.fixture
async def life(pipeline_pool, people, stripe):
    """Ana's company as a customer of Stripe, with a subscription that Stripe has not told of."""
    tenant_id = people["ana"].tenant_id
    found = begin(str(tenant_id), stripe.ledger)
    async with pipeline_pool.connection() as connection:
        await open_account(connection, tenant_id, livemode=False)
        await bind_customer(connection, tenant_id, found.customer["id"], livemode=False)
    buy(PRO)(found)
    return found


@pytest.fixture
async def work(pipeline_pool, stripe):
    """What Dagster's sensor starts."""
    gateway = StripeGateway("sk_test_x", api_base=stripe.url)

    async def run():
        return await process_due(pipeline_pool, gateway, datetime.now(UTC))

    yield run
    await gateway.close()


def hook(api) -> str:
    return f"{api.url}/api/webhooks/stripe"


async def test_events_in_any_disorder_are_stored_once(shop, life, work, admin_connection):
    """Shuffled, doubled, late, lost on the way: what arrived is stored once, and Stripe is asked for the rest."""
    arriving = disordered(life.ledger.events, Disorder(seed=3, doubled=0.9, delayed=0.3, lost=0.2))
    ids = {event["id"] for event in arriving}
    assert len(ids) < len(life.ledger.events)
    assert len(arriving) > len(ids)
    assert set(await deliver(arriving, hook(shop), CURRENT)) == {200}
    assert (await work()).done == len(ids)
    assert admin_connection.execute("select status, access from app.payment_account").fetchone() == ("active", "full")


@pytest.mark.parametrize(
    ("secret", "at", "expected"),
    [(CURRENT, 0, 200), (FORMER, 0, 200), ("whsec_no", 0, 400), (CURRENT, -301, 400), (CURRENT, 330, 400)],
)
async def test_who_may_knock(shop, life, secret, at, expected):
    payload = payload_of(life.ledger.events[0])
    header = signature(payload, secret, at=int(datetime.now(UTC).timestamp()) + at)
    answer = await shop.client.post("/api/webhooks/stripe", content=payload, headers={"Stripe-Signature": header})
    assert answer.status_code == expected
    if expected == 400:
        assert answer.json()["code"] == "webhook_refused"


async def test_an_altered_body_and_no_signature_are_refused(shop, life, admin_connection):
    payload = payload_of(life.ledger.events[0])
    headers = {"Stripe-Signature": signature(payload, CURRENT)}
    assert (await shop.client.post("/api/webhooks/stripe", content=payload + b" ", headers=headers)).status_code == 400
    assert (await shop.client.post("/api/webhooks/stripe", content=payload)).status_code == 400
    assert admin_connection.execute("select count(*) from app.stripe_event").fetchone() == (0,)


async def test_without_a_secret_stripe_is_told_to_come_again(api):
    answer = await api.client.post("/api/webhooks/stripe", content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (503, "billing_off")


async def test_from_the_price_list_to_a_subscription(shop, people, stripe, work):
    ana = shop.headers(people["ana"])
    plans = (await shop.client.get("/api/billing/plans", headers=ana)).json()
    assert [(plan["id"], plan["price_cents"]) for plan in plans["plans"]] == [
        ("starter", 19_900), ("pro", 49_900), ("scale", 99_900), ("enterprise", None),
    ]  # fmt: skip
    link = await shop.client.post("/api/billing/checkout", json={"plan": "scale", "addons": {"flow": 1}}, headers=ana)
    assert link.json()["url"].startswith(f"{stripe.url}/c/pay/cs_test_")
    checkouts.pay_checkout(stripe.ledger, stripe.ledger.all("checkout.session")[0])
    await deliver(stripe.ledger.events, hook(shop), CURRENT)
    await work()
    entitled = (await shop.client.get("/api/entitlements", headers=shop.headers(people["alice"]))).json()
    assert (entitled["plan"], entitled["status"], entitled["products"]["flow"]) == ("scale", "active", "addon")
    page = (await shop.client.get("/api/billing", headers=ana)).json()
    assert [(bill["status"], bill["amount_paid_cents"]) for bill in page["invoices"]] == [("paid", 114_800)]
    assert page["usage"]["users"] == 3

    again = await shop.client.post("/api/billing/checkout", json={"plan": "pro"}, headers=ana)
    assert (again.status_code, again.json()["code"]) == (409, "already_subscribed")
    smaller = await shop.client.put("/api/billing/plan", json={"plan": "pro"}, headers=ana)
    assert smaller.json() == {
        "status": "active",
        "begins_at": page["subscription"]["period_end"],
        "waits_for_payment": False,
    }
    assert (await shop.client.put("/api/billing/ending", json={"ends": True}, headers=ana)).status_code == 200
    assert (
        await shop.client.put("/api/billing/addons/connection", json={"quantity": 2}, headers=ana)
    ).status_code == 200
    portal = (await shop.client.post("/api/billing/portal", headers=ana)).json()["url"]
    assert portal.startswith(f"{stripe.url}/p/session/cus_")


async def test_a_notice_is_read_and_gone(shop, people, life, work):
    for step in HISTORIES["past due for ten days"][1:]:
        step(life)
    await deliver(life.ledger.events, hook(shop), CURRENT)
    await work()
    ana = shop.headers(people["ana"])
    notices = (await shop.client.get("/api/billing", headers=ana)).json()["notices"]
    # Three attempts to pay one invoice are one matter; the last one is told.
    assert [event["type"] for event in life.ledger.events].count("invoice.payment_failed") == 3
    [(kind, attempt)] = [(notice["kind"], notice["detail"]["attempt"]) for notice in notices]
    assert (kind, attempt) == ("payment_failed", 3)
    name = {"kind": kind, "ref": notices[0]["ref"]}
    assert (await shop.client.post("/api/billing/notices/dismiss", json=name, headers=ana)).status_code == 204
    assert (await shop.client.post("/api/billing/notices/dismiss", json=name, headers=ana)).status_code == 404
    assert (await shop.client.get("/api/billing", headers=ana)).json()["notices"] == []


async def test_who_does_not_pay_sees_the_bill_only_and_comes_back_to_everything(shop, people, life, work, monkeypatch):
    shop.resources.standings._seconds = 0
    monkeypatch.setattr("serving.live.socket._RECHECK_SECONDS", 0.05)
    ana = shop.headers(people["ana"])
    address = f"{shop.websocket_url}/ws/tenant/{people['ana'].tenant_id}/"
    hello = orjson.dumps({"type": "auth", "token": shop.token(people["ana"])}).decode()
    await deliver(life.ledger.events, hook(shop), CURRENT)
    await work()
    async with websockets.connect(address) as socket:
        await socket.send(hello)
        assert orjson.loads(await socket.recv())["type"] == "ready"
        for step in HISTORIES["all retries fail: unpaid"][1:]:
            step(life)
        await deliver(life.ledger.events, hook(shop), CURRENT)
        await work()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd.code == 4402
    refused = await shop.client.get("/api/messages", headers=ana)
    assert (refused.status_code, refused.json()["code"]) == (402, "subscription_required")
    assert "Billing" in refused.json()["detail"]
    for path in ("/api/me", "/api/entitlements", "/api/billing", "/api/billing/plans"):
        assert (await shop.client.get(path, headers=ana)).status_code == 200
    entitled = (await shop.client.get("/api/entitlements", headers=ana)).json()
    assert (entitled["status"], entitled["access"], entitled["products"]) == ("suspended", "none", {})
    async with websockets.connect(address) as socket:
        await socket.send(hello)
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
    assert (await shop.client.get("/api/messages", headers=shop.headers(people["bia"]))).status_code == 200

    for step in HISTORIES["unpaid, then paid by hand"][4:6]:
        step(life)
    await deliver(life.ledger.events, hook(shop), CURRENT)
    await work()
    assert (await shop.client.get("/api/messages", headers=ana)).status_code == 200
