"""What the billing tests share: a Payments that reads a ledger without a network, and a dump of what billing stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from uuid import UUID

from evosense.billing.models import CustomerFacts, SubscriptionFacts
from evosense.billing.shapes import invoice_facts, subscription_facts
from evosense.billing.webhook_events import read_event, receive
from evosense.db.database import AsyncPool
from evosense.errors import UpstreamTransient
from evosense.testing.stripe.ledger import Json, Ledger, old_shape
from evosense.testing.stripe.webhooks import payload_of


class LedgerPayments:
    """Reads a ledger as Stripe would show it; `away` says before each look whether Stripe can be reached."""

    livemode = False

    def __init__(self, ledger: Ledger, away: Callable[[], bool] = lambda: False) -> None:
        self.ledger = ledger
        self.away = away
        self.looks = 0

    async def customer(self, customer_id: str) -> CustomerFacts:
        self.looks += 1
        if self.away():
            raise UpstreamTransient
        return CustomerFacts(
            customer_id,
            tuple(subscription_facts(old_shape(row)) for row in self.ledger.of_customer("subscription", customer_id)),
            tuple(invoice_facts(row) for row in self.ledger.of_customer("invoice", customer_id)),
        )

    async def customer_of_charge(self, charge_id: str) -> str | None:
        if self.away():
            raise UpstreamTransient
        return self.ledger.get("charge", charge_id)["customer"]

    async def subscriptions(self) -> AsyncIterator[SubscriptionFacts]:
        for row in self.ledger.all("subscription"):
            if row["status"] != "canceled":
                yield subscription_facts(row)


async def receive_all(pool: AsyncPool, events: Iterable[Json], *, old: bool = False) -> list[bool]:
    """Let events in as the webhook does; answers which were new."""
    async with pool.connection() as connection:
        return [await receive(connection, read_event(payload_of(event, old=old))) for event in events]


_DUMP = {
    "tenant": "select plan_id, status from app.tenant where tenant_id = %s",
    "account": "select status, access, subscription_id, period_start, period_end, paid_until, past_due_since, "
    "purge_after from app.payment_account where tenant_id = %s",
    "subscriptions": "select subscription_id, status, plan_id, created_at, period_start, period_end, "
    "cancel_at_period_end, cancel_at, canceled_at, ended_at, trial_ends_at from app.subscription "
    "where tenant_id = %s order by 1",
    "items": "select subscription_id, item_id, lookup_key, quantity, unit_amount_cents from app.subscription_item "
    "where tenant_id = %s order by 1, 2",
    "invoices": "select invoice_id, subscription_id, status, amount_due_cents, amount_paid_cents, attempt_count, "
    "next_payment_attempt, finalized_at, due_at, paid_at, period_start, period_end from app.invoice "
    "where tenant_id = %s order by 1",
    "history": "select event_id, type, object_id, created_at from app.billing_event where tenant_id = %s order by 1",
    # Told on the way, by what was seen on the way; what Stripe told of is the same in any order.
    "notices": "select kind, ref, obsolete, detail from app.dunning_notice where tenant_id = %s "
    "and kind not in ('access_stopped', 'read_only', 'over_limit', 'connections_switched_off') order by 1, 2",
}


async def dump(pool: AsyncPool, tenant_id: UUID) -> dict[str, list[tuple]]:
    """Everything that billing knows of a tenant, without when it learned it."""
    async with pool.connection() as connection:
        return {name: await (await connection.execute(query, (tenant_id,))).fetchall() for name, query in _DUMP.items()}
