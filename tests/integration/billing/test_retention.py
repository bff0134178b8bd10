"""A smaller plan erases nothing for thirty days; a larger one counts at once."""

from datetime import UTC, datetime, timedelta

from evosense.billing.project import process_due
from evosense.billing.repository import bind_customer, open_account
from evosense.db.ids import new_id
from evosense.testing.stripe.histories import PRO, SCALE, STARTER, begin, buy, change
from evosense.testing.stripe.ledger import Ledger
from tests.integration.billing.accounts import LedgerPayments, receive_all


async def test_retention_follows_the_plan_with_a_delay_downwards(pipeline_pool, admin_connection, tenant_id):
    life = begin(str(tenant_id), Ledger(now=int(datetime.now(UTC).timestamp())))
    async with pipeline_pool.connection() as connection:
        await open_account(connection, tenant_id, livemode=False)
        await bind_customer(connection, tenant_id, life.customer["id"], livemode=False)

    async def days(later: timedelta = timedelta(0)) -> int:
        await receive_all(pipeline_pool, life.ledger.events)
        await process_due(pipeline_pool, LedgerPayments(life.ledger), datetime.now(UTC))
        at = datetime.now(UTC) + later
        async with pipeline_pool.connection() as connection:
            row = await (await connection.execute("select app.retention_days(%s, %s)", (tenant_id, at))).fetchone()
            return row[0]

    buy(PRO)(life)
    assert await days() == 180
    change(SCALE)(life)
    assert await days() == 365
    change(STARTER, "none")(life)
    assert await days() == 365
    assert await days(timedelta(days=29)) == 365
    assert await days(timedelta(days=31)) == 30


async def test_an_unknown_tenant_has_no_retention_that_anything_could_be_erased_by(pipeline_pool):
    async with pipeline_pool.connection() as connection:
        row = await (await connection.execute("select app.retention_days(%s)", (new_id(),))).fetchone()
    assert row == (None,)
