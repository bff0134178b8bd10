"""What is sold, read from the database: plans, add-ons, products and what a contract says."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from evosense.billing.models import METERS, AddOn, Catalogue, Meter, Plan
from evosense.db.named_queries import load
from evosense.errors import NotFound

_QUERIES = load("evosense.billing", "plans.sql")


async def load_catalogue(connection: AsyncConnection[Any]) -> Catalogue:
    """Every plan, add-on and product; the same for all tenants."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["plans"])
        plans = [_plan(row) for row in await cursor.fetchall()]
    async with connection.cursor(row_factory=class_row(AddOn)) as cursor:
        await cursor.execute(_QUERIES["addons"])
        addons = await cursor.fetchall()
    products = await (await connection.execute(_QUERIES["products"])).fetchall()
    return Catalogue(
        plans={plan.plan_id: plan for plan in plans},
        addons={addon.addon_id: addon for addon in addons},
        products={str(product_id): str(name) for product_id, name in products},
    )


async def load_contract(connection: AsyncConnection[Any], tenant_id: UUID) -> dict[Meter, int | None]:
    """The limits that a contract sets for the tenant."""
    rows = await (await connection.execute(_QUERIES["contract"], {"tenant_id": tenant_id})).fetchall()
    return {cast("Meter", meter): value for meter, value in rows}


async def set_contract_limit(
    connection: AsyncConnection[Any], tenant_id: UUID, meter: Meter, value: int | None, reason: str
) -> None:
    """Write down what a contract says about a meter; None: no limit. It goes before the plan and its add-ons."""
    values = {"tenant_id": tenant_id, "meter": meter, "value": value, "reason": reason}
    await connection.execute(_QUERIES["set_contract_limit"], values)


def find_plan(catalogue: Catalogue, plan_id: str) -> Plan:
    """The plan by id. Raises NotFound."""
    if plan_id not in catalogue.plans:
        message = f"there is no plan {plan_id!r}; the plans are {', '.join(catalogue.plans)}"
        raise NotFound(message)
    return catalogue.plans[plan_id]


def _plan(row: dict[str, Any]) -> Plan:
    row["limits"] = {meter: row.pop(meter) for meter in METERS}
    row["products"] = frozenset(row["products"])
    return Plan(**row)
