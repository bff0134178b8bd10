"""The state table, seen from outside: what API, socket, Evolution's webhook and listener do in each standing."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import orjson
import pytest
import websockets

from evosense.billing.models import (
    CustomerFacts,
    InvoiceFacts,
    Observation,
    SubscriptionFacts,
    SubscriptionStatus,
)
from evosense.billing.plans import load_catalogue
from evosense.billing.project import project
from evosense.billing.repository import bind_customer, open_account
from evosense.billing.settle import settle
from evosense.connections.repository import add_connection, listening
from evosense.tenants.repository import open_keys
from tests.integration.serving.test_evolution_webhook import PATH, PROVEN, SECRET, envelope

NOW = datetime.now(UTC)
FULL, READING, NONE = (200, 200, 201), (200, 200, 403), (200, 402, 402)
# Status at Stripe, days past due; then entitlements, a read, a write; the socket; Evolution's webhook; the listener.
TABLE = [
    ("trialing", 0, FULL, "ready", 200, True),
    ("active", 0, FULL, "ready", 200, True),
    ("past_due", 1, FULL, "ready", 200, True),
    ("past_due", 8, READING, "ready", 200, True),
    ("unpaid", 0, NONE, 4402, 404, False),
    ("paused", 0, READING, "ready", 404, False),
    ("canceled", 0, NONE, 4402, 404, False),
]


@pytest.fixture
async def company(api, people, pipeline_pool, master_key):
    """Ana's company with a customer at Stripe and a connection that Evolution posts to; answers the connection."""
    api.resources.standings._seconds = 0
    tenant_id = people["ana"].tenant_id
    async with pipeline_pool.connection() as connection:
        await open_account(connection, tenant_id, livemode=False)
        await bind_customer(connection, tenant_id, "cus_1", livemode=False)
        return await add_connection(
            connection,
            await open_keys(connection, master_key, tenant_id),
            name="Loja",
            server_url="http://evo.test",
            instance="loja-b",
            token="T",
            transport="webhook",
            webhook_secret=SECRET,
        )


async def stand(pool, tenant_id, status: str, days: int) -> None:
    """Let Stripe have shown a subscription in this status, its invoice open for so many days."""
    common = {"customer_id": "cus_1", "created_at": NOW - timedelta(days=40)}
    subscription = SubscriptionFacts("sub_1", status=status, collection_method="charge_automatically", **common)
    bill = InvoiceFacts(
        "in_1",
        status="open" if days else "paid",
        currency="brl",
        amount_due_cents=1,
        amount_paid_cents=0,
        attempt_count=1,
        subscription_id="sub_1",
        finalized_at=NOW - timedelta(days=days),
        **common,
    )
    facts = CustomerFacts("cus_1", (subscription,), (bill,))
    async with pool.connection() as connection, connection.transaction():
        catalogue = await load_catalogue(connection)
        await project(connection, tenant_id, facts, Observation(NOW, "fetch"), catalogue)
        await settle(connection, tenant_id, catalogue, NOW, because="fetch")


async def greeting_of(api, person) -> str | int:
    """What the socket says first, or the code it closes with."""
    async with websockets.connect(f"{api.websocket_url}/ws/tenant/{person.tenant_id}/") as socket:
        await socket.send(orjson.dumps({"type": "auth", "token": api.token(person)}).decode())
        try:
            return orjson.loads(await socket.recv())["type"]
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code


@pytest.mark.parametrize(("status", "days", "answers", "socket", "webhook", "listens"), TABLE)
async def test_as_the_table_says(
    api, people, company, pipeline_pool, admin_connection, status, days, answers, socket, webhook, listens
):
    ana = people["ana"]
    headers = api.headers(ana)
    stored = "select count(*) from app.message"
    assert (await api.client.post(f"{PATH}/{company}", json=envelope("A"), headers=PROVEN)).status_code == 200
    await stand(pipeline_pool, ana.tenant_id, status, days)

    entitled = await api.client.get("/api/entitlements", headers=headers)
    read = await api.client.get("/api/messages", headers=headers)
    wish = {"email": "nova@aurora.example", "role": "analyst"}
    write = await api.client.post("/api/invitations", json=wish, headers=headers)
    assert (entitled.status_code, read.status_code, write.status_code) == answers, write.text
    for refused in (read, write):
        if refused.status_code in (402, 403):
            assert refused.json()["code"] in ("subscription_required", "read_only")
            assert "Billing" in refused.json()["detail"]  # where it is settled
    assert (await api.client.get("/api/billing", headers=headers)).status_code == 200
    assert await greeting_of(api, ana) == socket

    post = await api.client.post(f"{PATH}/{company}", json=envelope("B"), headers=PROVEN)
    assert post.status_code == webhook
    async with pipeline_pool.connection() as connection:
        assert ([one.id for one in await listening(connection, ["webhook"])] == [company]) is listens
    # What was there stays, whatever the standing; nothing is taken in where the table says so.
    assert admin_connection.execute(stored).fetchone() == (1 + listens,)


def test_every_standing_of_the_state_machine_is_here():
    # A first payment that never came gives and takes nothing: who pays by boleto keeps what it had.
    assert {row[0] for row in TABLE} == set(get_args(SubscriptionStatus)) - {"incomplete", "incomplete_expired"}
