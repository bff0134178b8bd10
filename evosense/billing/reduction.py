"""After a smaller plan has begun: what is over its limits is switched off only if the tenant agreed, never silently.

Connections are switched off, newest first, when the change of plan said so; people and contacts never are. Whatever
stays over a limit stays usable and is told; nothing can be added until it is under the limit again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing.entitlements import addons_of, entitlements
from evosense.billing.limits import over_limits
from evosense.billing.models import Catalogue, Plan, SubscriptionFacts
from evosense.billing.notices import Notice, add_notice
from evosense.billing.plans import load_contract
from evosense.billing.state import Standing
from evosense.db.named_queries import load
from evosense.tenants.audit import record

_QUERIES = load("evosense.billing", "intents.sql")


async def reduce_to_plan(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    catalogue: Catalogue,
    plan: Plan,
    subscription: SubscriptionFacts | None,
    now: datetime,
) -> None:
    """Switch off the connections above the plan's limit if the tenant agreed, and tell what is over a limit."""
    contract = await load_contract(connection, tenant_id)
    allowed = entitlements(
        catalogue, plan, addons_of(catalogue, subscription), contract, Standing("active", "full", "active")
    )
    over = await over_limits(connection, tenant_id, allowed)
    if not over:
        return
    who = {"tenant_id": tenant_id, "plan_id": plan.plan_id, "keep": allowed.limits["connections"]}
    agreed = await (await connection.execute(_QUERIES["agreed_to_reduce"], who)).fetchone()
    if "connections" in over and agreed:
        rows = await (await connection.execute(_QUERIES["switch_off_newest"], who)).fetchall()
        stopped = [str(row[0]) for row in rows]
        await record(
            connection,
            tenant_id,
            actor="billing",
            action="connections_switched_off",
            target=plan.plan_id,
            detail={"connections": stopped},
        )
        await add_notice(
            connection,
            tenant_id,
            Notice("connections_switched_off", f"{plan.plan_id}:{now.date()}", now, {"connections": stopped}),
        )
        over = {meter: numbers for meter, numbers in over.items() if meter != "connections"}
    if over:
        detail = {meter: {"used": used, "limit": limit} for meter, (used, limit) in over.items()}
        await add_notice(connection, tenant_id, Notice("over_limit", f"{plan.plan_id}:{now.date()}", now, detail))
