"""The worker: from queued Stripe events to the projection, one customer at a time.

Events arrive late, twice, out of order and for strangers. So an event only says *look at this customer*: under the
customer's lock the worker asks Stripe for everything about it and stores the answer. Only when Stripe can't be
asked does it use what the events themselves say, newest first and never over a final state, and asks again later;
hearsay can let a tenant in, but never stops one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing import inbox, repository
from evosense.billing.entitlements import addons_of, plan_of
from evosense.billing.inbox import QueuedEvent
from evosense.billing.models import Catalogue, CustomerFacts, Observation
from evosense.billing.notices import add_notice, notice_of
from evosense.billing.payments import Payments
from evosense.billing.plans import load_catalogue
from evosense.billing.settle import bought, settle
from evosense.billing.webhook_events import HANDLED
from evosense.db.database import AsyncPool
from evosense.errors import ConfigurationError, EvoSenseError, UpstreamPermanent, UpstreamTransient
from evosense.log import get_logger
from evosense.tenants.audit import record

_log = get_logger(__name__)
# A customer that is made right now is stored a moment after Stripe tells of it; after these tries it is a stranger.
_UNKNOWN_TRIES: Final = 5


@dataclass
class Worked:
    """What one turn did with the events it found."""

    done: int = 0
    ignored: int = 0
    quarantined: int = 0
    postponed: int = 0
    customers: int = 0

    @property
    def events(self) -> int:
        """All events that were looked at."""
        return self.done + self.ignored + self.quarantined + self.postponed


async def process_due(pool: AsyncPool, payments: Payments, now: datetime, *, max_customers: int = 200) -> Worked:
    """Work in every event that is due, customer by customer; another worker's customers are left to it."""
    worked = Worked()
    async with pool.connection() as connection:
        customers = await inbox.due_customers(connection, now, max_customers)
    for customer_id in customers:
        try:
            async with pool.connection() as connection, connection.transaction():
                if await inbox.try_lock(connection, customer_id):
                    await _work_in(connection, payments, customer_id, now, worked)
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001 - one customer that can't be worked in must not stop the others
            _log.error("customer_not_worked_in", error_class=type(error).__name__)
            async with pool.connection() as connection, connection.transaction():
                events = await inbox.due_events(connection, customer_id, now)
                await inbox.postpone(connection, events, now, type(error).__name__)
            worked.postponed += len(events)
    if worked.events:
        _log.info("stripe_events_worked_in", events=worked.events, customers=worked.customers, waiting=worked.postponed)
    return worked


async def project(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    facts: CustomerFacts,
    observation: Observation,
    catalogue: Catalogue,
) -> None:
    """Store what was observed of a customer; newer observations stay. Runs in the caller's transaction."""
    before = await _addons(connection, tenant_id, catalogue) if facts.subscriptions else {}
    for found in facts.subscriptions:
        # What we keep for a tenant is written at Stripe, where anybody may edit it.
        is_known = found.kept_plan_id is None or found.kept_plan_id in catalogue.plans
        subscription = found if is_known else replace(found, kept_plan_id=None, kept_until=None)
        plan = plan_of(catalogue, subscription, subscription.kept_until or observation.at)
        plan_id = plan.plan_id if plan else None
        await repository.put_subscription(connection, tenant_id, subscription, plan_id, observation)
    for invoice in facts.invoices:
        await repository.put_invoice(connection, tenant_id, invoice, observation)
    after = await _addons(connection, tenant_id, catalogue) if facts.subscriptions else before
    if before != after:
        await record(
            connection,
            tenant_id,
            actor="billing",
            action="addons_changed",
            target=f"tenant:{tenant_id}",
            detail={"because": observation.by, "addons": [before, after]},
        )


async def _addons(connection: AsyncConnection[Any], tenant_id: UUID, catalogue: Catalogue) -> dict[str, int]:
    subscriptions = await repository.stored_subscriptions(connection, tenant_id, None)
    return addons_of(catalogue, bought(CustomerFacts("", subscriptions)))


async def _work_in(
    connection: AsyncConnection[Any], payments: Payments, customer_id: str | None, now: datetime, worked: Worked
) -> None:
    events = await inbox.due_events(connection, customer_id, now)
    strange = [queued for queued in events if queued.event.type not in HANDLED]
    await inbox.finish(connection, strange, "ignored")
    worked.ignored += len(strange)
    events = [queued for queued in events if queued.event.type in HANDLED]
    wrong_mode = [queued for queued in events if queued.event.livemode != payments.livemode]
    await _set_aside(connection, wrong_mode, "livemode", worked)
    events = [queued for queued in events if queued.event.livemode == payments.livemode]
    if not events:
        return
    worked.customers += 1
    if customer_id is None:
        await _find_owners(connection, payments, events, now, worked)
        return
    owner = await repository.find_customer(connection, customer_id)
    if owner is None:
        await _unknown_customer(connection, events, now, worked)
        return
    tenant_id, livemode = owner
    if livemode != payments.livemode:
        await _set_aside(connection, events, "livemode", worked)
        return
    foreign = [queued for queued in events if queued.event.hint.claims_tenant not in (None, str(tenant_id))]
    await _set_aside(connection, foreign, "foreign_tenant", worked)
    mine = [queued for queued in events if queued not in foreign]
    if mine:
        await _update_tenant(connection, payments, tenant_id, customer_id, mine, now, worked)


async def _update_tenant(
    connection: AsyncConnection[Any],
    payments: Payments,
    tenant_id: UUID,
    customer_id: str,
    events: Sequence[QueuedEvent],
    now: datetime,
    worked: Worked,
) -> None:
    catalogue = await load_catalogue(connection)
    because = events[-1].event.event_id
    try:
        facts = await payments.customer(customer_id)
    except ConfigurationError:
        raise
    except EvoSenseError as error:
        if error.retryable:
            await _use_hints(connection, tenant_id, events, catalogue)
            await settle(connection, tenant_id, catalogue, now, because=because, only_better=True)
        await inbox.postpone(connection, events, now, error.code)
        worked.postponed += len(events)
        return
    # Stripe's answer is newer than any event it told of before, even under a clock that is set forward in tests.
    seen_at = max(now, *(queued.event.created_at for queued in events))
    await project(connection, tenant_id, facts, Observation(seen_at, "fetch"), catalogue)
    for queued in events:
        notice = notice_of(queued.event)
        if notice is not None:
            await add_notice(connection, tenant_id, notice)
    await settle(connection, tenant_id, catalogue, now, because=because)
    await repository.add_history(connection, tenant_id, [queued.event for queued in events])
    await inbox.finish(connection, events, "done")
    worked.done += len(events)


async def _use_hints(
    connection: AsyncConnection[Any], tenant_id: UUID, events: Sequence[QueuedEvent], catalogue: Catalogue
) -> None:
    for queued in events:
        hint = queued.event.hint
        facts = CustomerFacts(
            queued.event.customer_id or "",
            (hint.subscription,) if hint.subscription else (),
            (hint.invoice,) if hint.invoice else (),
        )
        observation = Observation(queued.event.created_at, queued.event.event_id)
        await project(connection, tenant_id, facts, observation, catalogue)


async def _unknown_customer(
    connection: AsyncConnection[Any], events: Sequence[QueuedEvent], now: datetime, worked: Worked
) -> None:
    tired = [queued for queued in events if queued.attempts >= _UNKNOWN_TRIES]
    await _set_aside(connection, tired, "unknown_customer", worked)
    fresh = [queued for queued in events if queued.attempts < _UNKNOWN_TRIES]
    await inbox.postpone(connection, fresh, now, "unknown_customer")
    worked.postponed += len(fresh)


async def _find_owners(
    connection: AsyncConnection[Any],
    payments: Payments,
    events: Sequence[QueuedEvent],
    now: datetime,
    worked: Worked,
) -> None:
    """Disputes name a charge, not a customer: ask whose it is; the next turn works them in."""
    for queued in events:
        charge_id = queued.event.hint.charge_id
        try:
            customer_id = await payments.customer_of_charge(charge_id) if charge_id else None
        except UpstreamPermanent:
            customer_id = None
        except UpstreamTransient as error:
            await inbox.postpone(connection, [queued], now, error.code)
            worked.postponed += 1
            continue
        if customer_id is None:
            await _set_aside(connection, [queued], "no_customer", worked)
        else:
            await inbox.name_customer(connection, queued, customer_id)
            worked.postponed += 1


async def _set_aside(
    connection: AsyncConnection[Any], events: Sequence[QueuedEvent], reason: str, worked: Worked
) -> None:
    if events:
        await inbox.finish(connection, events, "quarantined", reason)
        worked.quarantined += len(events)
        _log.warning("stripe_events_quarantined", reason=reason, events=len(events))
