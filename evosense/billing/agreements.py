"""What people agree on with a company: a trial, a contract, its limits. Each agreement is audited with who made it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing import repository
from evosense.billing.models import FINAL, Meter
from evosense.billing.plans import find_plan, load_catalogue, set_contract_limit
from evosense.billing.settle import settle
from evosense.billing.state import current
from evosense.connections.repository import notify
from evosense.errors import Conflict, NotFound
from evosense.tenants.audit import record
from evosense.tenants.repository import get_tenant


class SubscriptionDecides(Conflict):
    """A subscription or a contract decides about this company already; end that first, else it goes on being paid."""

    code = "subscription_decides"


async def begin_trial(
    connection: AsyncConnection[Any], tenant_id: UUID, *, livemode: bool, actor: str, now: datetime | None = None
) -> datetime:
    """Let the tenant try its plan for the plan's trial days, once; answers when that ends, or is going to already.

    Raises:
        SubscriptionDecides: it has bought something, or is under contract.
    """
    now = now or datetime.now(UTC)
    tenant = await get_tenant(connection, tenant_id)
    catalogue = await load_catalogue(connection)
    ends_at = now + timedelta(days=find_plan(catalogue, tenant.plan_id).trial_days)
    if await repository.promise_trial(connection, tenant_id, livemode=livemode, ends_at=ends_at):
        await _note(connection, tenant_id, actor, "trial_begun", {"ends_at": ends_at.isoformat()})
        await settle(connection, tenant_id, catalogue, now, because="trial")
        return ends_at
    account = await repository.get_account(connection, tenant_id)
    if account is None or account.trial_ends_at is None:
        raise SubscriptionDecides
    return account.trial_ends_at


async def begin_contract(
    connection: AsyncConnection[Any], tenant_id: UUID, plan_id: str, *, livemode: bool, actor: str, reason: str
) -> None:
    """Let people look after the tenant from now on: it is active on `plan_id`, and nothing is switched by itself.

    Raises:
        SubscriptionDecides: its subscription would go on charging.
        NotFound: no such plan or tenant.
    """
    find_plan(await load_catalogue(connection), plan_id)
    subscription = current(await repository.stored_subscriptions(connection, tenant_id, None))
    if subscription is not None and subscription.status not in FINAL:
        raise SubscriptionDecides
    was_plan, was_status = await repository.lock_tenant(connection, tenant_id)
    await repository.open_account(connection, tenant_id, livemode=livemode, managed_by="contract")
    await repository.set_management(connection, tenant_id, "contract", trial_ends_at=None)
    await repository.set_tenant(connection, tenant_id, plan_id=plan_id, status="active")
    await notify(connection, tenant_id)
    # The action that retention after a smaller plan goes by (migration 0065).
    change = {"plan": [was_plan, plan_id], "status": [was_status, "active"], "reason": reason}
    await _note(connection, tenant_id, actor, "standing_changed", {"because": "contract", **change})


async def end_contract(
    connection: AsyncConnection[Any], tenant_id: UUID, *, actor: str, reason: str, ends_at: datetime
) -> None:
    """Let the subscription decide again; a tenant without one keeps its access until `ends_at`, to buy one.

    Raises:
        NotFound: it is under no contract.
    """
    account = await repository.get_account(connection, tenant_id)
    if account is None or account.managed_by != "contract":
        message = "this company is under no contract"
        raise NotFound(message)
    await repository.set_management(connection, tenant_id, "stripe", trial_ends_at=ends_at)
    await _note(connection, tenant_id, actor, "contract_ended", {"ends_at": ends_at.isoformat(), "reason": reason})
    await settle(connection, tenant_id, await load_catalogue(connection), datetime.now(UTC), because="contract")


async def agree_on_limit(
    connection: AsyncConnection[Any], tenant_id: UUID, meter: Meter, value: int | None, *, actor: str, reason: str
) -> None:
    """Write down what a contract says about a meter; None: no limit. Raises NotFound."""
    await get_tenant(connection, tenant_id)
    await set_contract_limit(connection, tenant_id, meter, value, reason)
    await _note(connection, tenant_id, actor, "contract_limit_set", {"meter": meter, "value": value})


async def _note(
    connection: AsyncConnection[Any], tenant_id: UUID, actor: str, action: str, detail: dict[str, Any]
) -> None:
    await record(connection, tenant_id, actor=actor, action=action, target=f"tenant:{tenant_id}", detail=detail)
