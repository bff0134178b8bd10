"""Usage and recurring revenue: recounted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.defs.billing.assets import recurring_revenue
from tests.integration.warehouse.conftest import Warehouse

_SUBSCRIPTION = (
    "insert into app.subscription (tenant_id, subscription_id, status, plan_id, collection_method, created_at, "
    "cancel_at_period_end, observed_at, observed_by) "
    "values (%s, %s, %s, 'pro', 'charge_automatically', %s, false, %s, 'x')"
)
_ITEM = (
    "insert into app.subscription_item (tenant_id, subscription_id, item_id, lookup_key, quantity, unit_amount_cents, "
    "recurring_interval, recurring_interval_count) values (%s, %s, %s, %s, %s, %s, %s, %s)"
)
_INVOICE = (
    "insert into app.invoice (tenant_id, invoice_id, status, currency, amount_due_cents, amount_paid_cents, "
    "attempt_count, created_at, observed_at, observed_by) values (%s, %s, %s, 'brl', %s, %s, 1, %s, %s, 'x')"
)


def test_usage_and_recurring_revenue(warehouse: Warehouse) -> None:
    payer, trier, plain = (tenant.id for tenant in warehouse.world.tenants[:3])
    now = datetime.now(UTC)
    # 01:30 in UTC is still the month before in São Paulo.
    first = datetime(now.year, now.month, 1, 1, 30, tzinfo=UTC)
    with warehouse.admin() as connection:
        for tenant_id, name, status in ((payer, "sub_a", "active"), (trier, "sub_b", "trialing")):
            connection.execute(
                "insert into app.payment_account (tenant_id, livemode, subscription_id) values (%s, false, %s)",
                (tenant_id, name),
            )
            connection.execute(_SUBSCRIPTION, (tenant_id, name, status, now, now))
            connection.execute(_ITEM, (tenant_id, name, "si_1", "evosense_pro_month_brl", 1, 49_900, "month", 1))
        connection.execute(_ITEM, (payer, "sub_a", "si_2", "evosense_addon_connection_month_brl", 2, 7_900, "month", 1))
        connection.execute(_ITEM, (payer, "sub_a", "si_3", "made_by_hand", 1, 120_000, "year", 1))
        connection.execute(_INVOICE, (payer, "in_1", "paid", 1_000, 1_000, first, now))
        connection.execute(_INVOICE, (payer, "in_2", "open", 500, 0, first + timedelta(days=1), now))
        connection.execute(_INVOICE, (payer, "in_3", "void", 700, 0, first + timedelta(days=1), now))
        connection.execute(
            "insert into app.usage_counter (tenant_id, meter, period, used) "
            "values (%s, 'exports', %s, 3), (%s, 'exports', %s, 2)",
            (payer, first.date(), payer, first.date() + timedelta(days=1)),
        )
    warehouse.dbt("build", "--select", "+fct_daily_mrr", "fct_monthly_usage+", "stg_invoices", "stg_usage_counters")
    with warehouse.admin() as connection:
        rows = connection.execute(
            "select tenant_id, is_paying, mrr_cents, addon_cents, local_day = (now() at time zone t.timezone)::date "
            "from analytics.fct_daily_mrr inner join app.tenant as t using (tenant_id)"
        ).fetchall()
        assert {row[0]: row[1:] for row in rows} == {
            payer: (True, 49_900 + 2 * 7_900 + 10_000, 2 * 7_900, True),
            trier: (False, 0, 0, True),
        }
        months = connection.execute(
            "select local_month, exports, invoices, invoiced_cents, paid_cents from analytics.fct_monthly_usage "
            "where tenant_id = %s and (exports > 0 or invoices > 0) order by 1",
            (payer,),
        ).fetchall()
        timezone = connection.execute("select timezone from app.tenant where tenant_id = %s", (payer,)).fetchone()[0]
        in_the_month_before = connection.execute(
            "select date_trunc('month', %s::timestamptz at time zone %s)::date", (first, timezone)
        ).fetchone()[0]
        assert sum(month[1] for month in months) == 5
        assert (in_the_month_before, 1_000) in {(month[0], month[4]) for month in months}
        assert sum(month[2] for month in months) == 2
        assert sum(month[3] for month in months) == 1_500
        recount = connection.execute(
            "select sum(messages_in), sum(scored) from analytics.fct_daily_kpis where tenant_id = %s", (plain,)
        ).fetchone()
        told = connection.execute(
            "select sum(messages_in), sum(scored) from analytics.fct_monthly_usage where tenant_id = %s", (plain,)
        ).fetchone()
        assert told == recount


def test_the_day_has_its_revenue_though_nobody_wrote(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """No message makes revenue stale, so it is built once a day whatever else is."""
    tenant_id = warehouse.world.tenants[0].id
    monkeypatch.setenv("DATABASE_URL", warehouse.url)
    monkeypatch.setenv("DATA_DIR", str(warehouse.data_dir))
    monkeypatch.delenv("DATABASE_DIRECT_URL", raising=False)
    with warehouse.admin() as connection:
        connection.execute(
            "insert into app.payment_account (tenant_id, livemode) values (%s, false) on conflict do nothing",
            (tenant_id,),
        )
        connection.execute("delete from analytics.fct_daily_mrr")
    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([recurring_revenue], instance=instance).success
    with warehouse.admin() as connection:
        days = connection.execute(
            "select local_day = (now() at time zone t.timezone)::date from analytics.fct_daily_mrr "
            "inner join app.tenant as t using (tenant_id) where tenant_id = %s",
            (tenant_id,),
        ).fetchall()
    assert days == [(True,)]
