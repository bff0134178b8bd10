"""A company that does not pay, seen from everywhere at once: listener, API, socket, data; and its return.

The subscription lives at Stripe's stand-in, the messages at Evolution's; listener and API are the real ones.
"""

import asyncio
from datetime import UTC, datetime

import orjson
import pytest
import websockets

from evosense.billing.project import process_due
from evosense.billing.repository import bind_customer, open_account
from evosense.settings import EvolutionSettings
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.server import EvolutionStandIn
from evosense.testing.stripe.histories import HISTORIES, PRO, begin, buy, pay
from evosense.testing.stripe.ledger import Ledger
from ingestion.listener import Listener, ListenerConfig
from serving.live import socket
from tests.integration.billing.accounts import LedgerPayments, receive_all
from tests.integration.ingestion.conftest import Rows, draft
from tests.integration.serving.conftest import people, running
from tests.loopback import LOOPBACK

__all__ = ["people"]  # a fixture
_STORED = "select m.id, b.text from app.message as m join app.message_body as b on b.message_id = m.id order by 1"


@pytest.fixture
async def evolution():
    config = StandInConfig(instances=(InstanceSpec("loja-a", "token-a"),))
    async with EvolutionStandIn(config) as server:
        yield server


@pytest.fixture
async def api(database_url, evolution, monkeypatch):
    """An API that notices a change of standing at once."""
    monkeypatch.setattr(socket, "_RECHECK_SECONDS", 0.2)
    settings = EvolutionSettings.model_construct(evo_base_url=evolution.url, evo_allowed_networks=LOOPBACK)
    async with running(database_url, evolution=settings) as found:
        found.resources.standings._seconds = 0
        yield found


@pytest.fixture
async def life(pipeline_pool, people):
    tenant_id = people["ana"].tenant_id
    found = begin(str(tenant_id), Ledger(now=int(datetime.now(UTC).timestamp())))
    async with pipeline_pool.connection() as connection:
        await open_account(connection, tenant_id, livemode=False)
        await bind_customer(connection, tenant_id, found.customer["id"], livemode=False)
    buy(PRO)(found)
    return found


async def test_suspended_and_back(
    api, people, life, evolution, pipeline_pool, master_key, database_url, admin_connection
):
    ana, rows = people["ana"], Rows(admin_connection)
    headers = api.headers(ana)

    async def tell() -> str:
        await receive_all(pipeline_pool, life.ledger.events)
        await process_due(pipeline_pool, LedgerPayments(life.ledger), datetime.now(UTC))
        own = "select status from app.tenant where tenant_id = %s"
        return admin_connection.execute(own, (ana.tenant_id,)).fetchone()[0]

    async def status_of(path: str) -> int:
        return (await api.client.get(path, headers=headers)).status_code

    def live(since: int | None = None):
        return websockets.connect(f"{api.websocket_url}/ws/tenant/{ana.tenant_id}/"), orjson.dumps(
            {"type": "auth", "token": api.token(ana), "since": since}
        ).decode()

    assert await tell() == "active"
    wish = {"name": "Loja", "instance": "loja-a", "token": "token-a"}
    added = await api.client.post("/api/connections", json=wish, headers=headers)
    assert added.status_code == 201, added.text
    async with Listener.running(ListenerConfig(database_url, database_url, master_key, allowed=LOOPBACK)):
        await rows.live()
        connecting, greeting = live()
        async with connecting as client:
            await client.send(greeting)
            assert orjson.loads(await client.recv())["type"] == "ready"
            evolution.deliver("loja-a", [draft("A", "chegou")])
            await rows.ids({"A"})
            heard = orjson.loads(await asyncio.wait_for(client.recv(), 10))
            while heard["type"] != "message_received":
                heard = orjson.loads(await asyncio.wait_for(client.recv(), 10))

            for step in HISTORIES["all retries fail: unpaid"][1:]:
                step(life)
            assert await tell() == "suspended"
            await asyncio.wait_for(client.wait_closed(), 10)
            assert client.close_code == 4402

        # The API: nothing but who one is, where one stands, and the bill.
        assert [await status_of(path) for path in ("/api/messages", "/api/connections", "/api/users")] == [402] * 3
        assert [await status_of(path) for path in ("/api/me", "/api/entitlements", "/api/usage", "/api/billing")] == [
            200
        ] * 4
        assert (await api.client.post("/api/connections", json=wish, headers=headers)).status_code == 402
        connecting, greeting = live()
        async with connecting as client:
            await client.send(greeting)
            await asyncio.wait_for(client.wait_closed(), 10)
            assert client.close_code == 4402

        # The listener: has let go, and hears nothing. The data: as they were.
        await rows.until("select 1 from app.connection_lease", lambda found: found == [])
        await rows.until("select 1 from app.tenant", lambda _: evolution.stats()["links"] == 0)
        evolution.deliver("loja-a", [draft("B", "ninguém ouviu"), draft("C", "nem esta")])
        before = rows.all(_STORED)
        assert [text for _, text in before] == ["chegou"]

        # Paid: all of it resumes, and what was missed is there.
        pay(life)
        assert await tell() == "active"
        await rows.ids({"A", "B", "C"})
        await rows.live()
        assert await status_of("/api/messages") == 200
        connecting, greeting = live(since=heard["seq"])
        async with connecting as client:
            await client.send(greeting)
            # What was fetched later is told as the days that it changed.
            while orjson.loads(await asyncio.wait_for(client.recv(), 10))["type"] != "kpi_changed":
                pass
    assert before[0] in rows.all(_STORED)
    assert rows.all("select state from app.ingestion_gap order by created_at desc limit 1") == [("repaired",)]
