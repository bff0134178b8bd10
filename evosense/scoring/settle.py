"""Settling local days: ask for what is missing, work on it, and wait for what other drains have in hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from evosense.ai.tasks import Kind, wake
from evosense.db.database import AsyncPool, open_pool
from evosense.embeddings import repository as embeddings
from evosense.scoring import days as scores
from evosense.scoring.backends import Models, open_models, require_identity
from evosense.scoring.backfill import hold_to_ceiling
from evosense.scoring.drain import Drain, DrainOptions
from evosense.scoring.event_loop import run
from evosense.scoring.models import Done
from evosense.settings import AiSettings, DatabaseSettings

_LOOK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Days:
    """Local days first..last, of one tenant or of all (tenant_id None)."""

    first: date
    last: date
    tenant_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DayState:
    """How far a local day is: eligible messages, those with a result or a recorded reason, those still waiting."""

    day: date
    eligible: int
    settled: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling did.

    Attributes:
        enqueued: messages that were missing and asked for.
        states: every local day with eligible messages, as it is now.
        is_complete: nothing is waiting any more.
    """

    enqueued: int
    states: tuple[DayState, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is waiting any more."""
        return all(state.waiting == 0 for state in self.states)


async def settle(
    database: DatabaseSettings,
    ai: AiSettings,
    kind: Kind,
    days: Days,
    *,
    max_seconds: float,
    max_cost_usd: float | None = None,
    report: Callable[[Sequence[Done]], None] = lambda _done: None,
) -> Settled:
    """Settle one kind of work on local days; ends when nothing waits or after `max_seconds`.

    The work goes through the task table like all other, behind live messages; a warm drain takes its share.

    Raises:
        QuotaExceeded: scores would cost more than `max_cost_usd`, by the calls of the last week; nothing was asked for.
    """
    async with (
        open_pool(database.require_url(), "evosense_pipeline", max_size=4, application="evosense settle") as pool,
        open_models(ai) as models,
    ):
        drain = Drain(
            database.require_direct_url(), pool, models.fleet, models.embedder, options=DrainOptions(), report=report
        )
        if kind == "score":
            async with pool.connection() as connection:
                await hold_to_ceiling(connection, days.first, days.last, days.tenant_id, max_cost_usd)
        enqueued = await _enqueue(pool, models, kind, days)
        deadline = time.monotonic() + max_seconds
        states = await _states(pool, models, kind, days)
        while any(state.waiting for state in states) and time.monotonic() < deadline:
            if not await drain.run_once((kind,)):
                # The rest is in another drain's hands, or waits for its next attempt.
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            states = await _states(pool, models, kind, days)
        return Settled(enqueued, tuple(states))


async def _enqueue(pool: AsyncPool, models: Models, kind: Kind, days: Days) -> int:
    async with pool.connection() as connection:
        if kind == "score":
            count = await scores.enqueue_missing(connection, days.first, days.last, days.tenant_id)
        else:
            config_hash = await require_identity(models.embedder)
            count = await embeddings.enqueue_missing(connection, days.first, days.last, config_hash, days.tenant_id)
        await wake(connection, kind)
        return count


async def _states(pool: AsyncPool, models: Models, kind: Kind, days: Days) -> list[DayState]:
    async with pool.connection() as connection:
        if kind == "score":
            covered = await scores.coverage(connection, days.first, days.last, days.tenant_id)
            return [DayState(c.local_day, c.eligible, c.settled, c.waiting) for c in covered]
        config_hash = models.embedder.config.config_hash
        embedded = await embeddings.coverage(connection, days.first, days.last, config_hash, days.tenant_id)
        return [DayState(c.local_day, c.eligible, c.embedded, c.waiting) for c in embedded]


def settle_now(settling: Awaitable[Settled]) -> Settled:
    """Run `settle(…)` to its end, for callers without an event loop."""

    async def wait() -> Settled:
        return await settling

    return run(wait())
