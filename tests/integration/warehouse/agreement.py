"""Does the product say what the recount says? Of the marts, and of what serving shows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from psycopg.rows import dict_row

from evosense.db.database import open_pool
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.models import DailyKpis, Kpis
from evosense.metrics.repository import daily
from tests.integration.warehouse.conftest import Warehouse
from tests.integration.warehouse.recount import conversations, recount
from tests.integration.warehouse.world import Tenant


def marts(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """All rows of both marts in a fixed order."""
    with warehouse.admin() as connection, connection.cursor(row_factory=dict_row) as cursor:
        days = cursor.execute("select * from analytics.fct_daily_kpis order by tenant_id, local_day").fetchall()
        found = cursor.execute("select * from analytics.fct_conversations order by tenant_id, conversation_id")
        return {"days": days, "conversations": found.fetchall()}


def everything(warehouse: Warehouse) -> dict[str, list[str]]:
    """All rows of all marts but the time at which they were built, as text, in a fixed order."""
    with warehouse.admin() as connection:
        names = connection.execute("select tablename from pg_tables where schemaname = 'analytics'").fetchall()
        found = {
            name: connection.execute(
                f"select (to_jsonb(mart) - 'built_at')::text from analytics.{name} as mart order by 1".encode()
            ).fetchall()
            for (name,) in names
            if name.startswith(("fct_", "mart_"))
        }
    return {name: [row[0] for row in rows] for name, rows in found.items()}


def assert_marts_equal_the_recount(warehouse: Warehouse) -> None:
    built = marts(warehouse)
    for tenant in warehouse.world.tenants:
        rows = {
            row.pop("local_day"): {name: value for name, value in row.items() if name != "tenant_id"}
            for row in built["days"]
            if row["tenant_id"] == tenant.id
        }
        assert differences(rows, recount(tenant)) == {}, tenant.timezone
        known = sorted(conversations(tenant), key=lambda row: row["conversation_id"])
        columns = list(known[0])
        assert [
            {name: row[name] for name in columns} for row in built["conversations"] if row["tenant_id"] == tenant.id
        ] == known


def differences(shown: dict[date, dict[str, Any]], counted: dict[date, dict[str, Any]]) -> dict[date, Any]:
    """Where two sets of days disagree: day, then figure, then (shown, counted)."""
    found = {
        day: {
            name: (shown.get(day, {}).get(name), counted.get(day, {}).get(name))
            for name in shown.get(day, {}) | counted.get(day, {})
            if shown.get(day, {}).get(name) != counted.get(day, {}).get(name)
        }
        for day in shown.keys() | counted.keys()
    }
    return {day: figures for day, figures in found.items() if figures}


async def served(warehouse: Warehouse, tenant: Tenant, first: date, last: date) -> dict[date, DailyKpis]:
    async with open_pool(warehouse.url, "evosense_api", max_size=1) as pool:
        actor = Actor(tenant_id=tenant.id, user_id=None, role="analyst")
        async with tenant_transaction(pool, actor) as connection:
            return {day.local_day: day for day in await daily(connection, tenant.id, first, last)}


def flat(day: DailyKpis) -> dict[str, Any]:
    """A served day in the shape of the recount's rows, derived figures included."""
    values: dict[str, Any] = {"active_contacts": day.active_contacts}
    for figures in (day.kpis.messages, day.kpis.inferences, day.kpis.conversations):
        values |= asdict(figures)
        values |= {
            name: getattr(figures, name) for name, kind in vars(type(figures)).items() if isinstance(kind, property)
        }
    values["prompt_hashes"], values["config_hashes"] = list(values["prompt_hashes"]), list(values["config_hashes"])
    del values["unanswered_pct"], values["invalid_pct"]
    return values


async def assert_served_equals_the_recount(warehouse: Warehouse) -> dict[Any, set[date]]:
    """Compares every day that a dashboard could ask for; answers the open days by tenant."""
    open_days: dict[Any, set[date]] = {}
    for tenant in warehouse.world.tenants:
        known = recount(tenant)
        first, last = min(known), max(known)
        shown = await served(warehouse, tenant, first, last)
        for day, kpis in shown.items():
            assert flat(kpis) == known.get(day, recount_of_nothing())
        open_days[tenant.id] = {day for day, kpis in shown.items() if kpis.is_open}
    return open_days


def recount_of_nothing() -> dict[str, Any]:
    return flat(DailyKpis(date(2000, 1, 1), 0, is_open=False, kpis=Kpis()))
