"""The daily look: lost webhooks are made up for, differences are reported and close themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from evosense.billing.project import process_due
from evosense.billing.reconcile import reconcile, settle_all
from evosense.billing.repository import bind_customer, open_account
from evosense.testing.stripe.histories import HISTORIES, PRO, begin, buy
from evosense.testing.stripe.ledger import Ledger
from tests.integration.billing.accounts import LedgerPayments, dump, receive_all


@pytest.fixture
async def life(pipeline_pool, tenant_id):
    found = begin(str(tenant_id), Ledger(now=int(datetime.now(UTC).timestamp())))
    async with pipeline_pool.connection() as connection:
        await open_account(connection, tenant_id, livemode=False)
        await bind_customer(connection, tenant_id, found.customer["id"], livemode=False)
    return found


def now(life) -> datetime:
    return datetime.fromtimestamp(life.ledger.now, UTC) + timedelta(hours=1)


async def kinds(pool, life, days: float = 0) -> set[str]:
    return {one.kind for one in await reconcile(pool, LedgerPayments(life.ledger), now(life) + timedelta(days=days))}


@pytest.mark.parametrize("history", ["all retries fail: unpaid", "canceled at once, bought again", "boleto never paid"])
async def test_without_any_webhook_it_ends_as_with_all(api_pool, pipeline_pool, tenant_id, life, history):
    for step in HISTORIES[history]:
        step(life)
    assert await kinds(pipeline_pool, life) >= {"subscription_missed", "invoice_missed"}
    lost = await dump(pipeline_pool, tenant_id)
    assert await kinds(pipeline_pool, life, days=1) == set()
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now(life))
    told = await dump(pipeline_pool, tenant_id)
    assert {**lost, "history": [], "notices": []} == {**told, "history": [], "notices": []}


async def test_nothing_to_report_is_reported_as_nothing(api_pool, pipeline_pool, life):
    buy(PRO)(life)
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now(life))
    assert await kinds(pipeline_pool, life) == set()


async def test_strangers_doubles_and_unknown_prices_stay_open_until_they_are_gone(pipeline_pool, life):
    buy(PRO)(life)
    buy(PRO)(life)
    hand_made = life.ledger.add_price("made_by_hand", 1)
    life.subscription["items"]["data"][0]["price"] = hand_made
    stranger = begin("nobody", life.ledger)
    buy(PRO)(stranger)
    await kinds(pipeline_pool, life)
    expected = {"several_subscriptions", "unknown_price", "unknown_customer"}
    assert await kinds(pipeline_pool, life, days=1) == expected
    HISTORIES["canceled at once, bought again"][2](stranger)
    HISTORIES["canceled at once, bought again"][2](life)
    assert await kinds(pipeline_pool, life, days=2) == {"subscription_missed"}
    assert await kinds(pipeline_pool, life, days=3) == set()


async def test_a_customer_that_can_not_be_read_stops_nobody_else(pipeline_pool, life):
    payments = LedgerPayments(life.ledger, away=lambda: True)
    assert {one.kind for one in await reconcile(pipeline_pool, payments, now(life))} == {"not_readable"}


async def test_events_that_are_set_aside_are_reported(api_pool, pipeline_pool, life):
    buy(PRO)(life)
    await receive_all(api_pool, [event | {"livemode": True} for event in life.ledger.events])
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now(life))
    assert "events_quarantined" in await kinds(pipeline_pool, life)


async def test_trials_end_by_time_alone(pipeline_pool, admin_connection, tenant_id, other_tenant_id, life):
    async with pipeline_pool.connection() as connection:
        await open_account(connection, other_tenant_id, livemode=False, trial_ends_at=now(life) + timedelta(days=1))
    status = "select status from app.tenant where tenant_id = %s"
    assert await settle_all(pipeline_pool, now(life)) == 2
    assert admin_connection.execute(status, (other_tenant_id,)).fetchone() == ("trial",)
    await settle_all(pipeline_pool, now(life) + timedelta(days=1))
    assert admin_connection.execute(status, (other_tenant_id,)).fetchone() == ("suspended",)
    assert admin_connection.execute(status, (tenant_id,)).fetchone() == ("active",)


async def test_a_contract_is_left_to_people(pipeline_pool, admin_connection, tenant_id, life):
    admin_connection.execute("update app.payment_account set managed_by = 'contract'")
    for step in HISTORIES["all retries fail: unpaid"]:
        step(life)
    await reconcile(pipeline_pool, LedgerPayments(life.ledger), now(life))
    assert admin_connection.execute("select status from app.tenant where tenant_id = %s", (tenant_id,)).fetchone() == (
        "active",
    )


async def test_events_of_a_customer_that_is_known_by_now_are_worked_in(
    api_pool, pipeline_pool, admin_connection, tenant_id, life
):
    buy(PRO)(life)
    admin_connection.execute("update app.payment_account set stripe_customer_id = null")
    await receive_all(api_pool, life.ledger.events)
    payments = LedgerPayments(life.ledger)
    for hours in range(6):
        await process_due(pipeline_pool, payments, now(life) + timedelta(hours=hours))
    states = "select distinct state from app.stripe_event"
    assert admin_connection.execute(states).fetchall() == [("quarantined",)]
    async with pipeline_pool.connection() as connection:
        await bind_customer(connection, tenant_id, life.customer["id"], livemode=False)
    await kinds(pipeline_pool, life)
    await process_due(pipeline_pool, payments, now(life))
    assert admin_connection.execute(states).fetchall() == [("done",)]
    assert len((await dump(pipeline_pool, tenant_id))["history"]) == len(life.ledger.events)
