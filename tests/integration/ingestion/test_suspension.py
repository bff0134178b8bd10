"""A company that stops paying is not listened to, keeps its data, and gets what it missed when it pays."""

from datetime import UTC, datetime

import pytest

from evosense.billing.project import process_due
from evosense.billing.repository import bind_customer, open_account
from evosense.testing.stripe.histories import HISTORIES, PRO, begin, buy, pay
from evosense.testing.stripe.ledger import Ledger
from tests.integration.billing.accounts import LedgerPayments, receive_all
from tests.integration.ingestion.conftest import draft

_STORED = """
select m.external_id, b.text
from app.message as m inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
"""


@pytest.fixture
async def life(pipeline_pool, tenant_id):
    found = begin(str(tenant_id), Ledger(now=int(datetime.now(UTC).timestamp())))
    async with pipeline_pool.connection() as connection:
        await open_account(connection, tenant_id, livemode=False)
        await bind_customer(connection, tenant_id, found.customer["id"], livemode=False)
    buy(PRO)(found)
    return found


async def test_suspended_and_back(evolution, connect_instance, listening, rows, pipeline_pool, life, admin_connection):
    async def tell() -> str:
        await receive_all(pipeline_pool, life.ledger.events)
        await process_due(pipeline_pool, LedgerPayments(life.ledger), datetime.now(UTC))
        return admin_connection.execute("select status from app.tenant").fetchone()[0]

    assert await tell() == "active"
    await connect_instance()
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})

        for step in HISTORIES["past due for ten days"][1:]:
            step(life)
        assert await tell() == "grace"
        evolution.deliver("loja-a", [draft("B", "ainda ouvimos")])
        await rows.ids({"A", "B"})

        for step in HISTORIES["all retries fail: unpaid"][4:]:
            step(life)
        assert await tell() == "suspended"
        await rows.until("select 1 from app.connection_lease", lambda found: found == [])
        await rows.until("select 1 from app.tenant", lambda _: evolution.stats()["links"] == 0)
        evolution.deliver("loja-a", [draft("C", "ninguém ouviu"), draft("D")])
        before = rows.all(_STORED)
        assert sorted(row[0] for row in before) == ["A", "B"]

        pay(life)
        assert await tell() == "active"
        await rows.ids({"A", "B", "C", "D"})
        # The connection's row says `live` all the time: the gap's tells when the repair has ended.
        newest = "select state from app.ingestion_gap order by created_at desc limit 1"
        await rows.until(newest, lambda found: found == [("repaired",)])
    after = rows.all(_STORED)
    assert set(before) < set(after)
