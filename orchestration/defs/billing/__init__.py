"""When billing runs: as soon as Stripe told something, every hour for what time alone changes, once a day for all."""

from __future__ import annotations

from orchestration.defs.billing.assets import (
    billing_notices,
    billing_reconciled,
    billing_standings,
    recurring_revenue,
    stripe_events,
)
from orchestration.defs.billing.schedules import (
    reconcile_every_day,
    reconcile_job,
    settle_every_hour,
    settle_job,
)
from orchestration.defs.billing.sensors import stripe_events_job, work_in_stripe_events

ASSETS = [stripe_events, billing_standings, billing_reconciled, recurring_revenue, billing_notices]
JOBS = [stripe_events_job, settle_job, reconcile_job]
SENSORS = [work_in_stripe_events]
SCHEDULES = [settle_every_hour, reconcile_every_day]
