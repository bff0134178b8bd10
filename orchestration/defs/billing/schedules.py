"""When billing looks by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

import dagster as dg

from evosense.billing.repository import is_anybody_billed
from evosense.db.database import connect
from evosense.settings import BillingSettings, DatabaseSettings, load
from orchestration.defs.billing.assets import (
    billing_notices,
    billing_reconciled,
    billing_standings,
    recurring_revenue,
)

settle_job = dg.define_asset_job(
    "billing_settle",
    selection=dg.AssetSelection.assets(billing_standings, billing_notices),
    executor_def=dg.in_process_executor,
)
reconcile_job = dg.define_asset_job(
    "billing_reconcile",
    selection=dg.AssetSelection.assets(billing_reconciled, recurring_revenue),
    executor_def=dg.in_process_executor,
)


def is_on() -> bool:
    """Whether Stripe can be asked at all."""
    return load(BillingSettings).stripe_secret_key is not None


@dg.schedule(job=settle_job, cron_schedule="7 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def settle_every_hour() -> Generator[dg.RunRequest | dg.SkipReason]:
    """Every hour, where anybody has a subscription or a trial: those end without Stripe, too."""
    billed = asyncio.run(_is_anybody_billed())
    yield dg.RunRequest() if billed else dg.SkipReason("nobody has a subscription or a trial")


async def _is_anybody_billed() -> bool:
    async with await connect(load(DatabaseSettings).require_direct_url(), "evosense_pipeline") as connection:
        return await is_anybody_billed(connection)


@dg.schedule(job=reconcile_job, cron_schedule="23 5 * * *", default_status=dg.DefaultScheduleStatus.RUNNING)
def reconcile_every_day() -> Generator[dg.RunRequest | dg.SkipReason]:
    """Once a day, where billing is on."""
    yield dg.RunRequest() if is_on() else dg.SkipReason("billing is off: STRIPE_SECRET_KEY is not set")
