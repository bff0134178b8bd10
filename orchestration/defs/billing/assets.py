"""Billing's pieces of work. Metadata holds counts and codes: no customer, no amount of anybody."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import dagster as dg

from evosense.billing.gateway import open_gateway
from evosense.billing.notice_mail import mail_notices
from evosense.billing.payments import Payments
from evosense.billing.project import Worked, process_due
from evosense.billing.purge import purge_due
from evosense.billing.reconcile import Drift, reconcile, settle_all
from evosense.db.database import AsyncPool, open_pool
from evosense.mail.smtp import open_mailer
from evosense.settings import BillingSettings, DatabaseSettings, MailSettings, ServingSettings, load
from orchestration.warehouse.run import build_mart

_T = TypeVar("_T")
# One run of each at a time is enough; the customers' locks keep two from meeting anyway.
_POOL = "billing"
REVENUE = "fct_daily_mrr"


@dg.asset(pool=_POOL, group_name="billing", kinds={"stripe", "postgres"})
def stripe_events() -> dg.MaterializeResult[Any]:
    """Works in what Stripe told: looks at each customer concerned and projects what it finds."""

    async def work(pool: AsyncPool, payments: Payments) -> Worked:
        return await process_due(pool, payments, datetime.now(UTC))

    return dg.MaterializeResult(metadata=asdict(asyncio.run(_with_stripe(work))))


@dg.asset(pool=_POOL, group_name="billing", kinds={"postgres"})
def billing_standings() -> dg.MaterializeResult[Any]:
    """Lets time do its part: trials and grace that end, smaller plans that begin. Needs no Stripe."""

    async def settle() -> int:
        async with _pipeline_pool() as pool:
            return await settle_all(pool, datetime.now(UTC))

    return dg.MaterializeResult(metadata={"accounts": asyncio.run(settle())})


@dg.asset(
    pool=_POOL,
    group_name="billing",
    kinds={"stripe", "postgres"},
    check_specs=[dg.AssetCheckSpec("no_drift", asset="billing_reconciled", description="Our picture is Stripe's")],
)
def billing_reconciled() -> dg.MaterializeResult:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType] - Dagster compares it
    """Compares every customer with Stripe, repairs our side, reports what differed (app.billing_drift).

    Then, with all that is known being fresh, it erases the companies that canceled 30 days ago.
    """

    async def work(pool: AsyncPool, payments: Payments) -> tuple[list[Drift], list[UUID]]:
        drifts = await reconcile(pool, payments, datetime.now(UTC))
        return drifts, await purge_due(pool, datetime.now(UTC))

    drifts, purged = asyncio.run(_with_stripe(work))
    kinds = Counter(drift.kind for drift in drifts)
    check = dg.AssetCheckResult(
        passed=not kinds, check_name="no_drift", severity=dg.AssetCheckSeverity.WARN, metadata=dict(kinds)
    )
    return dg.MaterializeResult(metadata={"drifts": kinds.total(), "purged": len(purged)}, check_results=[check])


@dg.asset(pool="warehouse", group_name="billing", kinds={"dbt", "postgres"})
def recurring_revenue() -> dg.MaterializeResult[Any]:
    """Writes the day's recurring revenue into `fct_daily_mrr`, on days without any message, too."""
    results = build_mart(load(DatabaseSettings), REVENUE)
    return dg.MaterializeResult(metadata={"models_and_tests": len(results)})


@dg.asset(pool=_POOL, group_name="billing", kinds={"postgres"})
def billing_notices() -> dg.MaterializeResult[Any]:
    """Mails to administrators what they have to be told about the subscription, each notice once."""
    address = (load(ServingSettings).public_url or "").rstrip("/")

    async def mail() -> int:
        async with _pipeline_pool() as pool:
            return await mail_notices(pool, open_mailer(load(MailSettings)), address, datetime.now(UTC))

    return dg.MaterializeResult(metadata={"notices": asyncio.run(mail())})


def _pipeline_pool() -> Any:
    url = load(DatabaseSettings).require_url()
    return open_pool(url, "evosense_pipeline", max_size=2, application="evosense billing")


async def _with_stripe(work: Callable[[AsyncPool, Payments], Awaitable[_T]]) -> _T:
    async with _pipeline_pool() as pool, open_gateway(load(BillingSettings)) as payments:
        return await work(pool, payments)
