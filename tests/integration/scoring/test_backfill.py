"""Scoring the days of one tenant on demand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from evosense.backfills.models import KINDS
from evosense.backfills.repository import request_backfill
from evosense.errors import InvalidInput, QuotaExceeded
from evosense.scoring.backfill import estimate
from evosense.scoring.days import oldest_due_seconds
from evosense.scoring.settle import Days, settle
from evosense.settings import AiSettings, DatabaseSettings, load

DAY = date(2026, 11, 10)


async def test_only_the_tenants_missing_messages_count(inbox, tenant_id, other_tenant_id):
    await inbox.receive(tenant_id, "oi", kinds=())
    await inbox.receive(other_tenant_id, "oi", kinds=())
    async with inbox.pool.connection() as connection:
        assert (await estimate(connection, DAY, DAY, tenant_id, slots=4)).messages == 1
        assert (await estimate(connection, DAY, DAY, None, slots=4)).messages == 2


async def test_days_in_the_wrong_order_have_no_estimate(inbox, tenant_id):
    async with inbox.pool.connection() as connection:
        with pytest.raises(InvalidInput, match="must not be after"):
            await estimate(connection, DAY, DAY - timedelta(days=1), tenant_id, slots=4)


async def test_days_that_are_all_still_to_come_are_not_asked_for(inbox, tenant_id):
    today = datetime.now(UTC).date()
    async with inbox.pool.connection() as connection:
        for kind in KINDS:
            asked = {"requested_by": "test", "tenant_id": tenant_id}
            with pytest.raises(InvalidInput, match="still to come"):
                await request_backfill(connection, kind, today + timedelta(days=2), today + timedelta(days=9), **asked)
            await request_backfill(connection, kind, today, today + timedelta(days=9), **asked)


async def test_a_run_that_would_cost_too_much_is_not_begun(inbox, tenant_id, drain, database_url):
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    await drain().run_once(("score",))
    await inbox.rows("update app.inference set cost_micros = 2000000, latency_ms = 400 returning 1")
    for _ in range(3):
        await inbox.receive(tenant_id, "oi", kinds=())
    async with inbox.pool.connection() as connection:
        expected = await estimate(connection, DAY, DAY, tenant_id, slots=4)
        assert (expected.messages, expected.cost_usd, expected.seconds) == (3, 6.0, 0.3)
        with pytest.raises(QuotaExceeded, match=r"about 6\.00 USD"):
            await request_backfill(
                connection, "scoring", DAY, DAY, requested_by="test", tenant_id=tenant_id, max_cost_usd=5
            )
    database = load(DatabaseSettings, database_url=database_url, database_direct_url=database_url)
    days = Days(DAY, DAY, tenant_id)
    with pytest.raises(QuotaExceeded):
        await settle(database, load(AiSettings), "score", days, max_seconds=60, max_cost_usd=5)
    assert await inbox.rows("select count(*) from app.ai_task") == [(0,)]
    settled = await settle(database, load(AiSettings), "score", days, max_seconds=60, max_cost_usd=7)
    assert (settled.enqueued, settled.is_complete) == (3, True)


async def test_how_long_the_oldest_waits(inbox, tenant_id):
    await inbox.receive(tenant_id, "oi", kinds=("score",))
    await inbox.rows("update app.ai_task set next_attempt_at = now() - interval '10 min' returning 1")
    async with inbox.pool.connection() as connection:
        assert 590 < await oldest_due_seconds(connection) < 700
