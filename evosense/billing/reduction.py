"""After a smaller plan has begun: what is over its limits is switched off only if the tenant agreed, never silently.

Connections are switched off, newest first, when the change of plan said so; people and contacts never are. Whatever
stays over a limit stays usable and is told; nothing can be added until it is under the limit again. So that nobody
fills a place that is about to go, adding is held to the smaller plan from the day it was chosen (`coming_limits`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing.entitlements import Entitlements, addons_of, entitlements, plan_of
from evosense.billing.limits import over_limits
from evosense.billing.models import Catalogue, Meter, Plan, SubscriptionFacts
from evosense.billing.notices import Notice, add_notice, tell_over
from evosense.billing.plans import load_contract
from evosense.billing.state import Standing
from evosense.db.named_queries import load
from evosense.tenants.audit import record

_QUERIES = load("evosense.billing", "intents.sql")


async def coming_limits(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    catalogue: Catalogue,
    subscription: SubscriptionFacts | None,
    now: datetime,
) -> dict[Meter, int | None]:
    """The limits of the smaller plan that waits for the paid period to end; empty when none does.

    Connections are left out where the tenant agreed to have them switched off when it begins.
    """
    begins_at = subscription.kept_until if subscription else None
    if subscription is None or begins_at is None or begins_at <= now:
        return {}
    plan = plan_of(catalogue, subscription, begins_at)
    if plan is None:
        return {}
    contract = await load_contract(connection, tenant_id)
    limits = dict(_allowed(catalogue, plan, subscription, contract).limits)
    if await _agreed(connection, tenant_id, plan.plan_id):
        del limits["connections"]
    return limits


async def reduce_to_plan(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    catalogue: Catalogue,
    plan: Plan,
    subscription: SubscriptionFacts | None,
    now: datetime,
) -> None:
    """Switch off the connections above the plan's limit if the tenant agreed, and tell what is over a limit."""
    allowed = _allowed(catalogue, plan, subscription, await load_contract(connection, tenant_id))
    over = await over_limits(connection, tenant_id, allowed)
    if not over:
        return
    if "connections" in over and await _agreed(connection, tenant_id, plan.plan_id):
        who = {"tenant_id": tenant_id, "keep": allowed.limits["connections"]}
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
        del over["connections"]
    await tell_over(connection, tenant_id, over, now)


async def _agreed(connection: AsyncConnection[Any], tenant_id: UUID, plan_id: str) -> bool:
    who = {"tenant_id": tenant_id, "plan_id": plan_id}
    return await (await connection.execute(_QUERIES["agreed_to_reduce"], who)).fetchone() is not None


def _allowed(
    catalogue: Catalogue,
    plan: Plan,
    subscription: SubscriptionFacts | None,
    contract: Mapping[Meter, int | None],
) -> Entitlements:
    """What the plan is going to allow, in good standing."""
    good = Standing("active", "full", "active")
    return entitlements(catalogue, plan, addons_of(catalogue, subscription), contract, good)
