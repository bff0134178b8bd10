"""The daily look at everything: does our picture of each customer agree with Stripe's? What did not is reported.

Webhooks can be lost (Stripe gives up after three days) and people change things by hand. So once a day every
customer is fetched, compared with what is stored, and stored; each difference is a row of `app.billing_drift` that
closes itself when it is not seen any more. Nothing is ever charged or changed at Stripe from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from evosense.billing import inbox, repository
from evosense.billing.ahead import tell_ahead
from evosense.billing.entitlements import plan_of
from evosense.billing.models import FINAL, Catalogue, CustomerFacts, Observation, SubscriptionFacts
from evosense.billing.overuse import tell_over_limits
from evosense.billing.payments import Payments
from evosense.billing.plans import load_catalogue
from evosense.billing.project import project
from evosense.billing.settle import settle
from evosense.db.database import AsyncPool
from evosense.db.ids import EVERYONE, new_id
from evosense.db.named_queries import load
from evosense.errors import ConfigurationError, EvoSenseError
from evosense.log import get_logger

_QUERIES = load("evosense.billing", "reconcile.sql")
_log = get_logger(__name__)
_EVENTS_KEPT: Final = timedelta(days=90)
_INTENTS_OPEN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference. `tenant_id` is the nil UUID where it belongs to nobody; `detail` holds ids and codes."""

    tenant_id: UUID
    kind: str
    ref: str
    detail: dict[str, Any] = field(default_factory=dict[str, Any])


async def reconcile(pool: AsyncPool, payments: Payments, now: datetime) -> list[Drift]:
    """Compare and repair every account; answers what is open afterwards, the oldest first."""
    async with pool.connection() as connection:
        catalogue = await load_catalogue(connection)
        accounts = await repository.list_accounts(connection)
    for tenant_id, customer_id in accounts:
        drifts: list[Drift] = []
        async with pool.connection() as connection, connection.transaction():
            if customer_id is not None:
                drifts = await _look(connection, payments, tenant_id, customer_id, catalogue, now)
            await settle(connection, tenant_id, catalogue, now, because="reconcile")
            await _report(connection, drifts, now)
    known = {customer_id for _, customer_id in accounts}
    strangers = [_stranger(one) async for one in payments.subscriptions() if one.customer_id not in known]
    async with pool.connection() as connection, connection.transaction():
        await _report(connection, strangers + await _stuck(connection, now), now)
        await connection.execute(_QUERIES["resolve_drifts"], {"now": now})
        await connection.execute(_QUERIES["abandon_old_intents"], {"now": now, "before": now - _INTENTS_OPEN})
        await inbox.forget(connection, now - _EVENTS_KEPT)
        rows = await (await connection.execute(_QUERIES["open_drifts"])).fetchall()
    _log.info("billing_reconciled", accounts=len(accounts), drifts=len(rows))
    return [Drift(*row) for row in rows]


async def settle_all(pool: AsyncPool, now: datetime) -> int:
    """Let time do its part: grace that is over, trials that ended, smaller plans that begin; answers the accounts."""
    async with pool.connection() as connection:
        catalogue = await load_catalogue(connection)
        accounts = await repository.list_accounts(connection)
    for tenant_id, _ in accounts:
        async with pool.connection() as connection, connection.transaction():
            standing = await settle(connection, tenant_id, catalogue, now, because="time")
            if standing is not None:
                await tell_ahead(connection, tenant_id, standing, now)
            await tell_over_limits(connection, tenant_id, now)
    return len(accounts)


def differences(
    tenant_id: UUID, ours: CustomerFacts, theirs: CustomerFacts, catalogue: Catalogue, now: datetime
) -> Iterator[Drift]:
    """Where our picture of a customer differs from Stripe's. Pure."""
    yield from _gone(tenant_id, ours, theirs)
    yield from _missed(tenant_id, ours, theirs)
    live = sorted(one.subscription_id for one in theirs.subscriptions if one.status not in FINAL)
    if len(live) > 1:
        yield Drift(tenant_id, "several_subscriptions", live[0], {"subscriptions": live})
    for one in theirs.subscriptions:
        if one.status not in FINAL and plan_of(catalogue, one, now) is None:
            yield Drift(tenant_id, "unknown_price", one.subscription_id)


def _gone(tenant_id: UUID, ours: CustomerFacts, theirs: CustomerFacts) -> Iterator[Drift]:
    at_stripe = {one.subscription_id for one in theirs.subscriptions}
    for one in ours.subscriptions:
        if one.subscription_id not in at_stripe and one.status not in FINAL:
            yield Drift(tenant_id, "subscription_gone", one.subscription_id, {"ours": one.status})


def _missed(tenant_id: UUID, ours: CustomerFacts, theirs: CustomerFacts) -> Iterator[Drift]:
    here = {one.subscription_id: one for one in ours.subscriptions}
    for one in theirs.subscriptions:
        mine = here.get(one.subscription_id)
        if mine is None or (mine.status, mine.period_end) != (one.status, one.period_end):
            detail = {"ours": mine.status if mine else None, "stripe": one.status}
            yield Drift(tenant_id, "subscription_missed", one.subscription_id, detail)
    bills = {one.invoice_id: one.status for one in ours.invoices}
    for invoice in theirs.invoices:
        status = bills.get(invoice.invoice_id)
        if status != invoice.status:
            detail = {"ours": status, "stripe": invoice.status}
            yield Drift(tenant_id, "invoice_missed", invoice.invoice_id, detail)


async def _look(
    connection: AsyncConnection[Any],
    payments: Payments,
    tenant_id: UUID,
    customer_id: str,
    catalogue: Catalogue,
    now: datetime,
) -> list[Drift]:
    await inbox.wait_for_lock(connection, customer_id)
    await inbox.release(connection, customer_id)  # somebody has bound the customer since
    try:
        theirs = await payments.customer(customer_id)
    except ConfigurationError:
        raise
    except EvoSenseError as error:
        return [Drift(tenant_id, "not_readable", customer_id, {"code": error.code})]
    ours = await repository.stored(connection, tenant_id, customer_id)
    found = list(differences(tenant_id, ours, theirs, catalogue, now))
    await project(connection, tenant_id, theirs, Observation(now, "fetch"), catalogue)
    return found


def _stranger(subscription: SubscriptionFacts) -> Drift:
    detail = {"subscription": subscription.subscription_id, "status": subscription.status}
    return Drift(EVERYONE, "unknown_customer", subscription.customer_id, detail)


async def _stuck(connection: AsyncConnection[Any], now: datetime) -> list[Drift]:
    before = {"before": now - timedelta(days=1)}
    row = await (await connection.execute(_QUERIES["stuck_events"], before)).fetchone()
    waiting, quarantined = row or (0, 0)
    counts = {"events_waiting": waiting, "events_quarantined": quarantined}
    return [Drift(EVERYONE, kind, kind, {"events": number}) for kind, number in counts.items() if number]


async def _report(connection: AsyncConnection[Any], drifts: list[Drift], now: datetime) -> None:
    for drift in drifts:
        values = {
            "tenant_id": drift.tenant_id,
            "drift_id": new_id(),
            "kind": drift.kind,
            "ref": drift.ref,
            "now": now,
            "detail": Jsonb(drift.detail),
        }
        await connection.execute(_QUERIES["put_drift"], values)
