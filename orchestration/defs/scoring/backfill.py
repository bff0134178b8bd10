"""Scoring days of one tenant on demand: enqueues what is missing and follows it, without marking days for everybody."""

# No `from __future__ import annotations`: Dagster reads the annotation of `config` as a class.
import time
from datetime import date
from typing import Any
from uuid import UUID

import dagster as dg
from pydantic import Field

from evosense.scoring.ledger import Ledger
from evosense.scoring.settle import Days, settle, settle_now
from evosense.settings import AiSettings, DatabaseSettings, load


class TenantDays(dg.Config):
    """Which tenant and which of its local days; how long the run may follow."""

    tenant_id: str = Field(description="The tenant's id")
    first_day: str = Field(description="First local day, YYYY-MM-DD")
    last_day: str = Field(description="Last local day, YYYY-MM-DD")
    max_seconds: float = Field(default=3600.0, description="Then the run ends; what is left stays queued")
    max_cost_usd: float | None = Field(default=None, description="Refuse to begin above this, by last week's prices")


@dg.op(pool="bulk")
def settle_tenant_days(context: dg.OpExecutionContext, config: TenantDays) -> dict[str, Any]:
    """Ask for what the tenant's days lack, work on it beside the drains, and tell how far each day is.

    Raises:
        QuotaExceeded: it would cost more than the ceiling.
        dg.Failure: the tenant or the days can't be read, or messages still wait when the time is over.
    """
    ledger = Ledger(every_seconds=float("inf"))
    settled = settle_now(
        settle(
            load(DatabaseSettings),
            load(AiSettings),
            "score",
            _days(config),
            max_seconds=config.max_seconds,
            max_cost_usd=config.max_cost_usd,
            report=lambda done: ledger.add(done, time.monotonic()),
        )
    )
    waiting = sum(state.waiting for state in settled.states)
    figures = {
        "enqueued": settled.enqueued,
        "eligible": sum(state.eligible for state in settled.states),
        "settled": sum(state.settled for state in settled.states),
        "waiting": waiting,
    }
    context.add_output_metadata(figures)
    if waiting:
        message = f"{waiting} messages are still waiting after {config.max_seconds:.0f} s; run it again later"
        raise dg.Failure(message, metadata=figures, allow_retries=False)
    return figures


def _days(config: TenantDays) -> Days:
    try:
        first, last = date.fromisoformat(config.first_day), date.fromisoformat(config.last_day)
        tenant_id = UUID(config.tenant_id)
    except ValueError as error:
        message = "tenant_id must be a UUID and the days YYYY-MM-DD"
        raise dg.Failure(message, allow_retries=False) from error
    if last < first:
        message = "last_day is before first_day"
        raise dg.Failure(message, allow_retries=False)
    return Days(first, last, tenant_id)


@dg.job(executor_def=dg.in_process_executor)
def score_tenant_days() -> None:
    """Scores what days of one tenant lack: launch it from the UI with a tenant and a day range."""
    settle_tenant_days()
