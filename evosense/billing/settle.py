"""From the projection to the tenant: read what is stored, apply the state table, write status, plan and account.

Runs after each observation and, because grace and trials end by time alone, for every account once an hour.
Running it twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing import repository
from evosense.billing.entitlements import plan_of
from evosense.billing.models import GIVES, Access, Catalogue, CustomerFacts, Plan, SubscriptionFacts
from evosense.billing.notices import Notice, add_notice, settle_notices
from evosense.billing.reduction import reduce_to_plan
from evosense.billing.repository import PaymentAccount
from evosense.billing.state import Standing, current, paid_until, past_due_since, standing
from evosense.connections.repository import notify
from evosense.tenants.audit import record

# Never paid for, so it gives no plan. Any other one does, ended ones too: the plan waits for the day they come back.
_NEVER_PAID: Final = frozenset({"incomplete", "incomplete_expired"})


async def settle(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    catalogue: Catalogue,
    now: datetime,
    *,
    because: str,
    only_better: bool = False,
) -> Standing | None:
    """Bring tenant and account in line with the projection; answers the standing, None when nothing changes by it.

    `because` goes into the audit log: an event id, `reconcile` or `time`. With `only_better` nothing is done that would
    take access or a larger plan from the tenant. Runs in the caller's transaction.
    """
    account = await repository.get_account(connection, tenant_id)
    if account is None:
        return None
    facts = await repository.stored(connection, tenant_id, account.stripe_customer_id)
    found = stand(account, facts, now)
    if found is not None and only_better and GIVES[found.access] < GIVES[account.access]:
        return None
    await repository.set_account(connection, _account(account, facts, found, now))
    await settle_notices(connection, tenant_id, found)
    if found is not None and account.managed_by == "stripe":
        subscription = bought(facts)
        plan = plan_of(catalogue, subscription, now) if subscription else None
        change = _Change(subscription, plan, found, account.access, because, only_better=only_better)
        await _settle_tenant(connection, tenant_id, catalogue, change, now)
    return found


def stand(account: PaymentAccount, facts: CustomerFacts, now: datetime) -> Standing | None:
    """How the tenant stands by what is stored; None: nothing was bought or promised, so it stays as it is. Pure.

    A purchase that is not paid yet takes nothing away: who pays by boleto keeps the trial meanwhile.
    """
    subscription = bought(facts)
    if subscription is None and account.trial_ends_at is None:
        return None
    found = standing(
        subscription,
        past_due_since=past_due_since(subscription, facts.invoices),
        trial_ends_at=account.trial_ends_at,
        now=now,
    )
    if subscription is None and any(one.status == "incomplete" for one in facts.subscriptions):
        return replace(found, account_status="pending", banner="payment_incomplete")
    return found


def bought(facts: CustomerFacts) -> SubscriptionFacts | None:
    """The subscription that counts, of those that were paid for or tried out."""
    return current(one for one in facts.subscriptions if one.status not in _NEVER_PAID)


def _account(account: PaymentAccount, facts: CustomerFacts, found: Standing | None, now: datetime) -> PaymentAccount:
    subscription = current(facts.subscriptions)
    return replace(
        account,
        status=found.account_status if found else "pending" if subscription else "none",
        access=found.access if found else account.access,
        subscription_id=subscription.subscription_id if subscription else None,
        period_start=subscription.period_start if subscription else None,
        period_end=subscription.period_end if subscription else None,
        paid_until=paid_until(subscription, facts.invoices),
        past_due_since=past_due_since(subscription, facts.invoices),
        purge_after=found.purge_after if found else None,
        synced_at=now,
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """What a look found: the subscription that counts, its plan, the standing, the access before, and what told it."""

    subscription: SubscriptionFacts | None
    plan: Plan | None
    found: Standing
    access_before: Access
    because: str
    only_better: bool


async def _settle_tenant(
    connection: AsyncConnection[Any], tenant_id: UUID, catalogue: Catalogue, change: _Change, now: datetime
) -> None:
    plan_id, status = await repository.lock_tenant(connection, tenant_id)
    plan, found = change.plan, change.found
    if plan is not None and change.only_better and _is_smaller(catalogue, plan, plan_id):
        plan = None
    new_plan_id = plan.plan_id if plan else plan_id
    if (new_plan_id, found.tenant_status, found.access) == (plan_id, status, change.access_before):
        return
    if (new_plan_id, found.tenant_status) != (plan_id, status):
        await repository.set_tenant(connection, tenant_id, plan_id=new_plan_id, status=found.tenant_status)
        await notify(connection, tenant_id)  # the listener takes its connections up, or lets go of them
    await record(
        connection,
        tenant_id,
        actor="billing",
        action="standing_changed",
        target=f"tenant:{tenant_id}",
        detail={
            "because": change.because,
            "status": [status, found.tenant_status],
            "plan": [plan_id, new_plan_id],
            "access": [change.access_before, found.access],
        },
    )
    if plan is not None and new_plan_id != plan_id:
        await reduce_to_plan(connection, tenant_id, catalogue, plan, change.subscription, now)
    if found.tenant_status in ("suspended", "canceled") and status != found.tenant_status:
        await add_notice(connection, tenant_id, _stopped("access_stopped", found, now))
    elif found.access == "read_only" and change.access_before == "full":
        await add_notice(connection, tenant_id, _stopped("read_only", found, now))


def _is_smaller(catalogue: Catalogue, plan: Plan, than_plan_id: str) -> bool:
    other = catalogue.plans.get(than_plan_id)
    return other is not None and plan.position < other.position


def _stopped(kind: str, found: Standing, now: datetime) -> Notice:
    """Each time it happens is a matter of its own."""
    return Notice(kind, f"{found.banner}:{now:%Y-%m-%dT%H:%M}", now)
