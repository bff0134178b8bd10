"""What is sold is rows: the whole table as agreed, and what happens when a row changes."""

import pytest

from evosense.billing.access import load_entitlements
from evosense.billing.limits import LimitReached, reserve
from evosense.billing.models import METERS
from evosense.billing.plans import load_catalogue
from evosense.db.tenancy import tenant_transaction

# plan, price, (connections, users, contacts, exports a day, campaigns a month), retention, raw text, products
TABLE = [
    ("starter", 19_900, (1, 3, 1_000, 1, 10), 30, False, {"sense"}),
    ("pro", 49_900, (3, 10, 10_000, 5, 50), 180, True, {"sense", "notifications"}),
    ("scale", 99_900, (6, 30, 50_000, 20, 200), 365, True, {"sense", "notifications", "api"}),
    ("enterprise", None, (None, None, None, 100, None), 730, True, {"sense", "notifications", "api", "flow"}),
]


@pytest.mark.parametrize(("plan_id", "price", "limits", "retention", "raw_text", "products"), TABLE)
async def test_the_plans(pipeline_pool, plan_id, price, limits, retention, raw_text, products):
    async with pipeline_pool.connection() as connection:
        plan = (await load_catalogue(connection)).plans[plan_id]
    assert (plan.price_cents, plan.currency) == (price, "brl")
    assert plan.limits == dict(zip(METERS, limits, strict=True))
    assert (plan.retention_days, plan.store_raw_text, plan.embeddings, plan.trial_days) == (
        retention,
        raw_text,
        True,
        14,
    )
    assert plan.products == products
    # A price that can be bought has a name at Stripe; a contract has none.
    assert plan.lookup_key == (f"evosense_{plan_id}_month_brl" if price else None)


async def test_every_product_is_in_a_plan_or_can_be_added(pipeline_pool):
    async with pipeline_pool.connection() as connection:
        catalogue = await load_catalogue(connection)
    assert set(catalogue.products) == {"sense", "flow", "api", "notifications"}
    added = {addon.product_id for addon in catalogue.addons.values()} - {None}
    included = frozenset[str]().union(*(plan.products for plan in catalogue.plans.values()))
    assert added | included == set(catalogue.products)
    for plan in catalogue.plans.values():
        assert set(catalogue.products) - plan.products <= added, plan.plan_id


async def test_a_row_that_changes_holds_at_once(api_pool, admin, admin_connection):
    """A limit, a product, the retention: an update of a row, no code."""
    before = admin_connection.execute("select * from app.plan where plan_id = 'pro'").fetchone()
    try:
        admin_connection.execute(
            "update app.plan set max_connections = 0, max_users = 7, retention_days = 90, store_raw_text = false, "
            "embeddings = false where plan_id = 'pro'"
        )
        admin_connection.execute("insert into app.plan_product values ('pro', 'flow')")
        async with tenant_transaction(api_pool, admin) as connection:
            allowed = await load_entitlements(connection, admin.tenant_id)
            with pytest.raises(LimitReached):
                await reserve(connection, admin.tenant_id, "connections", allowed)
            days = await (await connection.execute("select app.retention_days(%s)", (admin.tenant_id,))).fetchone()
    finally:
        admin_connection.execute("delete from app.plan_product where (plan_id, product_id) = ('pro', 'flow')")
        admin_connection.execute(
            "update app.plan set max_connections = 3, max_users = 10, retention_days = 180, store_raw_text = true, "
            "embeddings = true where plan_id = 'pro'"
        )
    assert (allowed.limits["connections"], allowed.limits["users"]) == (0, 7)
    assert (allowed.retention_days, allowed.store_raw_text, allowed.embeddings, days) == (90, False, False, (90,))
    assert allowed.products["flow"] == "plan"
    assert admin_connection.execute("select * from app.plan where plan_id = 'pro'").fetchone() == before
