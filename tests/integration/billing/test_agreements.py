"""Trials begin once and end, contracts begin and end, limits are agreed on; each is audited with who did it."""

from datetime import UTC, datetime, timedelta

import pytest

from evosense.billing.access import load_access, load_entitlements
from evosense.billing.agreements import (
    SubscriptionDecides,
    agree_on_limit,
    begin_contract,
    begin_trial,
    end_contract,
)
from evosense.billing.plans import load_catalogue
from evosense.billing.purge import purge_due
from evosense.billing.reconcile import settle_all
from evosense.billing.settle import settle
from evosense.db.ids import new_id
from evosense.errors import NotFound

START = datetime(2026, 11, 20, tzinfo=UTC)
WHO = "command line"


def acts(connection) -> list[tuple[str, str]]:
    return connection.execute("select action, actor from app.audit_log order by id").fetchall()


async def test_a_trial_begins_once_and_ends(pipeline_pool, tenant_id, admin_connection):
    ends_at = START + timedelta(days=14)
    async with pipeline_pool.connection() as connection:
        for days in (0, 3):
            begun = START + timedelta(days=days)
            assert await begin_trial(connection, tenant_id, livemode=False, actor=WHO, now=begun) == ends_at
        allowed = await load_entitlements(connection, tenant_id, now=START + timedelta(days=13))
        assert (allowed.standing.tenant_status, allowed.standing.changes_at) == ("trial", ends_at)
        assert await load_access(connection, tenant_id) == "full"
        await settle(connection, tenant_id, await load_catalogue(connection), ends_at, because="time")
        assert await load_access(connection, tenant_id) == "read_only"
    assert [act for act in acts(admin_connection) if act[0] == "trial_begun"] == [("trial_begun", WHO)]


async def test_who_looked_at_the_portal_may_still_have_a_trial(shop):
    """Opening the portal or a checkout page makes the account; nothing was bought by that."""
    await shop.checkout()
    async with shop.pipeline.connection() as connection:
        await begin_trial(connection, shop.admin.tenant_id, livemode=False, actor=WHO, now=shop.now())
    assert (await shop.allowed()).standing.tenant_status == "trial"


async def test_who_has_bought_or_is_under_contract_has_no_trial(shop, other_tenant_id):
    await shop.buy()
    async with shop.pipeline.connection() as connection:
        await begin_contract(connection, other_tenant_id, "enterprise", livemode=False, actor=WHO, reason="contract 7")
        for tenant_id in (shop.admin.tenant_id, other_tenant_id):
            with pytest.raises(SubscriptionDecides):
                await begin_trial(connection, tenant_id, livemode=False, actor=WHO)


async def test_the_end_of_a_trial_is_told_in_time_and_not_after_a_purchase(shop):
    async with shop.pipeline.connection() as connection:
        await begin_trial(connection, shop.admin.tenant_id, livemode=False, actor=WHO, now=shop.now())

    async def told(days: float) -> list[str]:
        await settle_all(shop.pipeline, shop.now() + timedelta(days=days))
        return [notice.kind for notice in (await shop.page()).notices]

    assert await told(10.9) == []
    assert await told(11.1) == await told(12) == ["trial_ending"]
    shop.pass_days(12.1)  # Stripe takes no trial of less than 49 hours: it is paid at once
    await shop.buy()
    assert (await shop.page()).notices == ()


async def test_a_contract_begins_and_ends(pipeline_pool, tenant_id, admin_connection):
    look = "select plan_id, status from app.tenant"
    async with pipeline_pool.connection() as connection:
        await begin_contract(connection, tenant_id, "enterprise", livemode=False, actor=WHO, reason="contract 7")
        assert (await load_entitlements(connection, tenant_id)).limits["connections"] is None
        with pytest.raises(NotFound):
            await begin_contract(connection, tenant_id, "gold", livemode=False, actor=WHO, reason="contract 7")
    assert await settle_all(pipeline_pool, START + timedelta(days=999)) == 0
    assert admin_connection.execute(look).fetchone() == ("enterprise", "active")
    ends_at = datetime.now(UTC) + timedelta(days=14)
    async with pipeline_pool.connection() as connection:
        await end_contract(connection, tenant_id, actor=WHO, reason="not renewed", ends_at=ends_at)
        with pytest.raises(NotFound):
            await end_contract(connection, tenant_id, actor=WHO, reason="not renewed", ends_at=ends_at)
    assert admin_connection.execute(look).fetchone() == ("enterprise", "trial")
    await settle_all(pipeline_pool, ends_at)
    assert admin_connection.execute(look).fetchone() == ("enterprise", "suspended")
    assert [act for act in acts(admin_connection) if act[1] == WHO] == [
        ("standing_changed", WHO),
        ("contract_ended", WHO),
    ]


async def test_a_subscription_is_ended_before_a_contract_begins_and_nothing_is_erased_after_it(shop, admin_connection):
    await shop.buy()
    tenant_id = shop.admin.tenant_id
    async with shop.pipeline.connection() as connection:
        with pytest.raises(SubscriptionDecides):
            await begin_contract(connection, tenant_id, "enterprise", livemode=False, actor=WHO, reason="contract 7")
    subscriptions = shop.stripe.ledger.all("subscription")
    await shop.end(subscriptions[0])
    async with shop.pipeline.connection() as connection:
        await begin_contract(connection, tenant_id, "enterprise", livemode=False, actor=WHO, reason="contract 7")
        assert await load_access(connection, tenant_id) == "full"
    shop.pass_days(400)
    assert await purge_due(shop.pipeline, shop.now()) == []
    ends_at = shop.now() + timedelta(days=14)
    async with shop.pipeline.connection() as connection:
        await end_contract(connection, tenant_id, actor=WHO, reason="not renewed", ends_at=ends_at)
    await settle_all(shop.pipeline, shop.now())
    assert (await shop.allowed()).standing.tenant_status == "trial"
    await settle_all(shop.pipeline, ends_at + timedelta(days=1))
    assert await purge_due(shop.pipeline, ends_at + timedelta(days=29)) == []
    assert await purge_due(shop.pipeline, ends_at + timedelta(days=30)) == [tenant_id]


async def test_a_limit_that_was_agreed_on(pipeline_pool, tenant_id, admin_connection):
    async with pipeline_pool.connection() as connection:
        await agree_on_limit(connection, tenant_id, "connections", 40, actor=WHO, reason="contract 7")
        await agree_on_limit(connection, tenant_id, "users", None, actor=WHO, reason="contract 7")
        limits = (await load_entitlements(connection, tenant_id)).limits
        with pytest.raises(NotFound):
            await agree_on_limit(connection, new_id(), "users", None, actor=WHO, reason="contract 7")
    assert (limits["connections"], limits["users"], limits["exports"]) == (40, None, 5)
    assert acts(admin_connection) == [("contract_limit_set", WHO)] * 2
