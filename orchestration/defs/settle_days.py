"""What materialising day partitions of AI work means: nothing of those days is left waiting."""

from __future__ import annotations

import time

import dagster as dg

from evosense.ai.tasks import Kind
from evosense.scoring.ledger import Ledger
from evosense.scoring.settle import Days, Settled, settle, settle_now
from evosense.settings import AiSettings, DatabaseSettings, load
from orchestration.partitions import each_day, first_and_last


class SettleConfig(dg.Config):
    """How long a run may work on its days, and what scoring them may cost at most (US dollars; none: no ceiling)."""

    max_seconds: float = 3600.0
    max_cost_usd: float | None = None


def settle_days(context: dg.AssetExecutionContext, kind: Kind, config: SettleConfig) -> None:
    """Settle the run's days and put each day's figures on its partition.

    Raises:
        QuotaExceeded: it would cost more than the ceiling.
        dg.Failure: work is still waiting when the time is over; it stays queued, and running again goes on with it.
    """
    first, last = first_and_last(context)
    ledger = Ledger(every_seconds=float("inf"))
    settled = settle_now(
        settle(
            load(DatabaseSettings),
            load(AiSettings),
            kind,
            Days(first, last),
            max_seconds=config.max_seconds,
            max_cost_usd=config.max_cost_usd,
            report=lambda done: ledger.add(done, time.monotonic()),
        )
    )
    _describe(context, settled, ledger)
    waiting = sum(state.waiting for state in settled.states)
    if waiting:
        message = f"{waiting} messages are still waiting after {config.max_seconds:.0f} s; run these days again later"
        raise dg.Failure(message, allow_retries=False)


def _describe(context: dg.AssetExecutionContext, settled: Settled, ledger: Ledger) -> None:
    """Figures of each day, without text: also of the days that have nothing to do."""
    here = {day: totals.as_metadata() for _, day, totals in ledger.take()}
    states = {state.day: state for state in settled.states}
    for day in each_day(*first_and_last(context)):
        state = states.get(day)
        figures = {"eligible": state.eligible, "settled": state.settled} if state else {"eligible": 0, "settled": 0}
        key = context.asset_key
        context.add_asset_metadata({**figures, **here.get(day, {})}, asset_key=key, partition_key=day.isoformat())
