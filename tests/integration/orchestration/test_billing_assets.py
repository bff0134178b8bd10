"""Billing in Dagster: a webhook's event becomes a run, the run a subscription, the daily look a report."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from evosense.billing.agreements import begin_trial
from evosense.billing.repository import bind_customer, open_account
from evosense.testing.stripe.histories import PRO, begin, buy
from evosense.testing.stripe.ledger import Ledger
from evosense.testing.stripe.server import stand_in
from orchestration.defs.billing import ASSETS
from orchestration.defs.billing.assets import billing_reconciled, billing_standings, stripe_events
from orchestration.defs.billing.schedules import reconcile_every_day, settle_every_hour
from orchestration.defs.billing.sensors import work_in_stripe_events
from tests.integration.billing.accounts import receive_all


@pytest.fixture
async def stripe(environment, monkeypatch):
    async with stand_in(Ledger(now=int(datetime.now(UTC).timestamp()))) as server:
        monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_x")
        monkeypatch.setenv("STRIPE_API_BASE", server.url)
        yield server


@pytest.fixture
async def life(pipeline_pool, tenant_id, stripe):
    found = begin(str(tenant_id), stripe.ledger)
    async with pipeline_pool.connection() as connection:
        await open_account(connection, tenant_id, livemode=False)
        await bind_customer(connection, tenant_id, found.customer["id"], livemode=False)
    buy(PRO)(found)
    return found


async def tick(instance) -> list:
    def evaluate() -> list:
        return list(work_in_stripe_events(dg.build_sensor_context(instance=instance)))

    return await asyncio.to_thread(evaluate)


async def materialize(asset, instance) -> dg.ExecuteInProcessResult:
    return await asyncio.to_thread(dg.materialize, [asset], instance=instance)


async def test_an_event_starts_a_run_and_the_run_works_it_in(api_pool, admin_connection, life, dagster_instance):
    assert [type(answer) for answer in await tick(dagster_instance)] == [dg.SkipReason]
    await receive_all(api_pool, life.ledger.events)
    assert [type(answer) for answer in await tick(dagster_instance)] == [dg.RunRequest]
    result = await materialize(stripe_events, dagster_instance)
    [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["done"].value == len(life.ledger.events)
    assert admin_connection.execute("select status, access from app.payment_account").fetchone() == ("active", "full")
    assert [type(answer) for answer in await tick(dagster_instance)] == [dg.SkipReason]
    told = json.dumps([str(one) for one in result.all_events])
    assert life.customer["id"] not in told


async def test_the_daily_look_reports_what_differed_and_then_nothing(life, dagster_instance):
    first = await materialize(billing_reconciled, dagster_instance)
    assert [check.passed for check in first.get_asset_check_evaluations()] == [False]
    second = await materialize(billing_reconciled, dagster_instance)
    assert [check.passed for check in second.get_asset_check_evaluations()] == [True]


async def test_time_is_let_do_its_part_without_stripe(life, dagster_instance, monkeypatch):
    monkeypatch.delenv("STRIPE_SECRET_KEY")
    result = await materialize(billing_standings, dagster_instance)
    [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["accounts"].value == 1


async def test_a_trial_ends_where_there_is_no_stripe(
    environment, monkeypatch, dagster_instance, pipeline_pool, tenant_id, admin_connection
):
    monkeypatch.delenv("STRIPE_SECRET_KEY", raising=False)

    async def hourly() -> list:
        return await asyncio.to_thread(lambda: list(settle_every_hour(dg.build_schedule_context())))

    assert [type(answer) for answer in await hourly()] == [dg.SkipReason]
    async with pipeline_pool.connection() as connection:
        await begin_trial(
            connection, tenant_id, livemode=False, actor="test", now=datetime.now(UTC) - timedelta(days=13, hours=23)
        )
    assert [type(answer) for answer in await hourly()] == [dg.RunRequest]
    admin_connection.execute("update app.payment_account set trial_ends_at = trial_ends_at - interval '2 hours'")
    await materialize(billing_standings, dagster_instance)
    assert admin_connection.execute("select status from app.tenant").fetchone() == ("suspended",)


async def test_where_billing_is_off_nothing_runs(environment, monkeypatch, dagster_instance):
    monkeypatch.delenv("STRIPE_SECRET_KEY", raising=False)
    [skipped] = await tick(dagster_instance)
    assert "STRIPE_SECRET_KEY" in skipped.skip_message
    [skipped] = list(reconcile_every_day(dg.build_schedule_context()))
    assert "STRIPE_SECRET_KEY" in skipped.skip_message
    assert len(ASSETS) == 5
