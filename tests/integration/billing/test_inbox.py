"""The inbox: what the API may do, what is set aside, what is tried again."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from evosense.billing.project import process_due
from evosense.billing.repository import bind_customer, open_account
from evosense.errors import ConfigurationError
from evosense.testing.stripe.histories import HISTORIES, STARTER, begin, change
from evosense.testing.stripe.ledger import Ledger
from tests.integration.billing.accounts import LedgerPayments, dump, receive_all

LATER = timedelta(hours=2)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def life(pipeline_pool, tenant_id):
    """A tenant with a customer that has bought the plan pro."""
    found = begin(str(tenant_id), Ledger(now=int(now().timestamp())))
    async with pipeline_pool.connection() as connection:
        await open_account(connection, tenant_id, livemode=False)
        await bind_customer(connection, tenant_id, found.customer["id"], livemode=False)
    HISTORIES["bought and renewed"][0](found)
    return found


async def states(pool) -> set[tuple[str, str | None]]:
    async with pool.connection() as connection:
        return set(await (await connection.execute("select state, reason from app.stripe_event")).fetchall())


async def test_the_api_stores_an_event_once_and_reads_none(api_pool, pipeline_pool, life):
    event = life.ledger.events[0]
    assert await receive_all(api_pool, [event, event]) == [True, False]
    assert await receive_all(api_pool, [event]) == [False]
    for statement in (
        "select * from app.stripe_event",
        "delete from app.stripe_event",
        "insert into app.stripe_event values ('x')",
    ):
        async with api_pool.connection() as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement.encode())
            await connection.rollback()


async def test_what_the_inbox_keeps_names_nobody(admin_connection, api_pool, life):
    await receive_all(api_pool, life.ledger.events)
    kept = admin_connection.execute("select string_agg(e::text, ' ') from app.stripe_event as e").fetchone()[0]
    assert "example" not in kept
    assert "Loja" not in kept


async def test_an_event_is_worked_in(api_pool, pipeline_pool, life, tenant_id):
    await receive_all(api_pool, life.ledger.events)
    payments = LedgerPayments(life.ledger)
    worked = await process_due(pipeline_pool, payments, now())
    assert (worked.done, worked.customers, payments.looks) == (len(life.ledger.events), 1, 1)
    found = await dump(pipeline_pool, tenant_id)
    assert found["tenant"] == [("pro", "active")]
    assert found["account"][0][:2] == ("active", "full")


async def test_other_types_are_stored_and_ignored(api_pool, pipeline_pool, life):
    await receive_all(api_pool, [life.ledger.events[0] | {"type": "customer.tax_id.created"}])
    payments = LedgerPayments(life.ledger)
    assert (await process_due(pipeline_pool, payments, now())).ignored == 1
    assert payments.looks == 0
    assert await states(pipeline_pool) == {("ignored", None)}


async def test_the_other_mode_is_set_aside(api_pool, pipeline_pool, life, tenant_id):
    await receive_all(api_pool, [life.ledger.events[0] | {"livemode": True}])
    assert (await process_due(pipeline_pool, LedgerPayments(life.ledger), now())).quarantined == 1
    assert await states(pipeline_pool) == {("quarantined", "livemode")}
    assert (await dump(pipeline_pool, tenant_id))["subscriptions"] == []


async def test_an_account_of_the_other_mode_is_left_alone(api_pool, pipeline_pool, admin_connection, life):
    admin_connection.execute("update app.payment_account set livemode = true")
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now())
    assert await states(pipeline_pool) == {("quarantined", "livemode")}


async def test_an_object_that_says_it_is_another_tenants_is_set_aside(
    api_pool, pipeline_pool, life, other_tenant_id, tenant_id
):
    created = next(event for event in life.ledger.events if event["type"] == "customer.subscription.created")
    created["data"]["object"]["metadata"] = {"evosense_tenant": str(other_tenant_id)}
    await receive_all(api_pool, [created])
    assert (await process_due(pipeline_pool, LedgerPayments(life.ledger), now())).quarantined == 1
    assert await states(pipeline_pool) == {("quarantined", "foreign_tenant")}
    assert (await dump(pipeline_pool, tenant_id))["subscriptions"] == []


async def test_a_stranger_is_tried_for_a_while_then_set_aside(
    api_pool, pipeline_pool, admin_connection, life, tenant_id
):
    admin_connection.execute("update app.payment_account set stripe_customer_id = null")
    await receive_all(api_pool, life.ledger.events)
    payments = LedgerPayments(life.ledger)
    assert (await process_due(pipeline_pool, payments, now())).postponed == len(life.ledger.events)
    assert (await process_due(pipeline_pool, payments, now())).events == 0
    for hours in range(1, 6):
        await process_due(pipeline_pool, payments, now() + timedelta(hours=hours))
    assert await states(pipeline_pool) == {("quarantined", "unknown_customer")}
    assert payments.looks == 0


async def test_a_customer_that_is_known_a_moment_later_is_worked_in(
    api_pool, pipeline_pool, admin_connection, life, tenant_id
):
    admin_connection.execute("update app.payment_account set stripe_customer_id = null")
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now())
    async with pipeline_pool.connection() as connection:
        await bind_customer(connection, tenant_id, life.customer["id"], livemode=False)
    assert (await process_due(pipeline_pool, LedgerPayments(life.ledger), now() + LATER)).done == len(
        life.ledger.events
    )


async def test_a_customer_belongs_to_one_tenant(pipeline_pool, life, other_tenant_id):
    async with pipeline_pool.connection() as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            await bind_customer(connection, other_tenant_id, life.customer["id"], livemode=False)


async def test_a_tenant_keeps_its_customer(pipeline_pool, life, tenant_id):
    async with pipeline_pool.connection() as connection:
        assert await bind_customer(connection, tenant_id, life.customer["id"], livemode=False)
        assert not await bind_customer(connection, tenant_id, "cus_other", livemode=False)


async def test_a_refused_key_stops_the_worker_and_loses_nothing(api_pool, pipeline_pool, life):
    class Refused(LedgerPayments):
        async def customer(self, customer_id):
            raise ConfigurationError

    await receive_all(api_pool, life.ledger.events)
    with pytest.raises(ConfigurationError):
        await process_due(pipeline_pool, Refused(life.ledger), now())
    assert await states(pipeline_pool) == {("new", None)}


async def test_one_customer_that_can_not_be_worked_in_stops_nobody_else(
    api_pool, pipeline_pool, master_key, life, tenant_id, other_tenant_id
):
    class Odd(LedgerPayments):
        async def customer(self, customer_id):
            if customer_id == life.customer["id"]:
                raise KeyError("status")
            return await super().customer(customer_id)

    other = begin(str(other_tenant_id), life.ledger)
    async with pipeline_pool.connection() as connection:
        await open_account(connection, other_tenant_id, livemode=False)
        await bind_customer(connection, other_tenant_id, other.customer["id"], livemode=False)
    HISTORIES["bought and renewed"][0](other)
    await receive_all(api_pool, life.ledger.events)
    worked = await process_due(pipeline_pool, Odd(life.ledger), now())
    assert (worked.done, worked.postponed) == (len(life.ledger.events) // 2, len(life.ledger.events) // 2)
    assert (await dump(pipeline_pool, other_tenant_id))["account"][0][0] == "active"
    assert (await process_due(pipeline_pool, LedgerPayments(life.ledger), now() + LATER)).postponed == 0
    assert (await dump(pipeline_pool, tenant_id))["account"][0][0] == "active"


async def test_a_plan_that_somebody_wrote_into_the_metadata_is_not_believed(api_pool, pipeline_pool, life, tenant_id):
    life.subscription["metadata"] |= {"evosense_kept_plan": "gold", "evosense_kept_until": str(life.ledger.now + 9**9)}
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now())
    assert (await dump(pipeline_pool, tenant_id))["tenant"] == [("pro", "active")]


async def test_hearsay_lets_in_but_never_stops(api_pool, pipeline_pool, life, tenant_id):
    away = LedgerPayments(life.ledger, away=lambda: True)
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, away, now())
    assert (await dump(pipeline_pool, tenant_id))["tenant"] == [("pro", "active")]
    for step in HISTORIES["all retries fail: unpaid"][1:]:
        step(life)
    assert life.subscription["status"] == "unpaid"
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, away, now() + LATER)
    assert (await dump(pipeline_pool, tenant_id))["tenant"] == [("pro", "active")]
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now() + 2 * LATER)
    assert (await dump(pipeline_pool, tenant_id))["tenant"] == [("pro", "suspended")]


async def test_two_workers_share_the_customers_and_not_one_customer(api_pool, pipeline_pool, life):
    await receive_all(api_pool, life.ledger.events)
    async with pipeline_pool.connection() as other, other.transaction():
        await other.execute(
            "select pg_advisory_xact_lock(hashtextextended('stripe:' || %s, 0))", (life.customer["id"],)
        )
        assert (await process_due(pipeline_pool, LedgerPayments(life.ledger), now())).events == 0
    assert (await process_due(pipeline_pool, LedgerPayments(life.ledger), now())).done == len(life.ledger.events)


async def test_every_change_is_in_the_audit_log(api_pool, pipeline_pool, admin_connection, life):
    HISTORIES["canceled at once, bought again"][2](life)
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now())
    rows = admin_connection.execute("select action, detail->'status' from app.audit_log").fetchall()
    assert rows == [("standing_changed", ["active", "canceled"])]


async def test_hearsay_takes_no_larger_plan(api_pool, pipeline_pool, life, tenant_id, admin_connection):
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now())
    change(STARTER, "none")(life)
    life.ledger.events[-1]["created"] += 10
    await receive_all(api_pool, life.ledger.events)
    await process_due(pipeline_pool, LedgerPayments(life.ledger, away=lambda: True), now() + LATER)
    assert (await dump(pipeline_pool, tenant_id))["tenant"] == [("pro", "active")]
    assert admin_connection.execute("select distinct plan_id from app.subscription").fetchall() == [("starter",)]
    await process_due(pipeline_pool, LedgerPayments(life.ledger), now() + 2 * LATER)
    assert (await dump(pipeline_pool, tenant_id))["tenant"] == [("starter", "active")]
