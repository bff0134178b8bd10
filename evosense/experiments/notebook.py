"""The same functions the assets call, for notebooks: `ev.compare(...)` from nothing to a verdict in one line.

Everything here blocks, and works inside a notebook's own event loop too. The database is DATABASE_URL, or the
embedded server of DATA_DIR while `evosense up` or `evosense demo` runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

from evosense.db.database import AsyncPool
from evosense.db.ids import EVERYONE
from evosense.errors import InvalidInput, UpstreamTransient
from evosense.experiments import replay
from evosense.experiments.blocking import database_url, with_pool
from evosense.experiments.comparison import Comparison
from evosense.experiments.datasets import Window
from evosense.experiments.load_card import card_from
from evosense.experiments.models import Question
from evosense.experiments.reports import compare_arms, get_report, store_report
from evosense.experiments.run_models import ReplayRequest, Run
from evosense.experiments.runs import get_run, request_run
from evosense.experiments.statistics import SampleSize, sample_size
from evosense.experiments.watch import Shadow, read_shadows
from evosense.scoring.presence import present_drains

_T = TypeVar("_T")
# A drain rotates within seconds; without any for this long nobody is going to answer.
_PATIENCE_SECONDS = 60.0
Report = Callable[[str], None]


def compare(
    baseline: str,
    candidate: str,
    *,
    window: str,
    tenants: str | Sequence[str | UUID] = "all",
    share: float = 1.0,
    emotions: Sequence[str] | None = None,
    connections: Sequence[str | UUID] | None = None,
    question: Question | None = None,
    max_cost_usd: float | None = None,
    by: str = "notebook",
    tell: Report = print,
    url: str | None = None,
) -> Comparison:
    """Compare two prompts on a window of production messages; replays only what is missing.

    Args:
        baseline: `sentiment@champion`.
        candidate: `sentiment@v7`, or `sentiment@` and the beginning of a hash.
        window: first and last tenant-local day, `2026-11-01/2026-11-14`.
        tenants: `all`, or ids.
        share: deterministic sample of the messages, 0.1 for a tenth.
        emotions: only messages whose official emotion is one of these.
        connections: only messages of these connections (ids).
        question: primary measure, margin, guardrails; sentiment better by default.
        max_cost_usd: refuse to start above this.
        by: who asks, for the record.
        tell: hears what is going to happen and how far it is.
        url: the database; DATABASE_URL or the embedded server when None.

    Raises:
        InvalidInput: a wrong window or prompt, too few chats, too dear.
        UpstreamTransient: no drain is running that could answer.
    """
    name, reference = _split(baseline)
    other, wanted = _split(candidate)
    if name != other:
        message = f"both must be versions of one prompt, not of {name} and {other}"
        raise InvalidInput(message)
    request = ReplayRequest(
        window=parse_window(window, tenants, share=share, emotions=emotions, connections=connections),
        candidates=(wanted,),
        requested_by=by,
        prompt_name=name,
        baseline=reference,
        max_cost_micros=None if max_cost_usd is None else round(max_cost_usd * 1e6),
    )
    address = url or database_url()
    return with_pool(address, lambda pool: _compare(pool, address, request, question, tell))


def plan(delta: float = 0.02, *, sd: float = 0.3, messages_per_chat: float = 8.0, icc: float = 0.1) -> SampleSize:
    """How many chats and messages are needed to see a difference of `delta` with 80 % chance."""
    return sample_size(delta, sd, messages_per_chat=messages_per_chat, icc=icc)


def shadows(*, tenant: UUID | None = None, url: str | None = None) -> list[Shadow]:
    """Every running experiment's challengers as they stand now, with their confidence sequences; changes nothing."""
    return with_pool(url or database_url(), lambda pool: read_shadows(pool, tenant))


def open_report(report_hash: str, *, tenant: UUID = EVERYONE, url: str | None = None) -> Comparison:
    """A stored report again. Raises NotFound."""
    address = url or database_url()
    return with_pool(address, lambda pool: _open(pool, address, tenant, report_hash))


async def _compare(
    pool: AsyncPool, url: str, request: ReplayRequest, question: Question | None, tell: Report
) -> Comparison:
    async with pool.connection() as connection:
        run_id = await request_run(connection, request)
        run = await get_run(connection, request.window.scope, run_id)
        preview = await replay.plan(connection, run, delta=(question or Question()).margin)
    tell(
        f"{preview.items} messages in {preview.chats} chats: {preview.missing} calls to make, {preview.reused} reused, "
        f"about {preview.cost_micros / 1e6:.2f} USD and {preview.eta_seconds:.0f} s; "
        f"a difference of {preview.delta:g} takes about {preview.chats_needed} chats"
    )
    run = await _wait(pool, url, run, tell)
    if question is None and run.report_hashes:
        return await _open(pool, url, run.tenant_id, run.report_hashes[0])
    async with pool.connection() as connection:
        base, candidate = run.resolved
        card = await compare_arms(
            connection, run.dataset_hash or "", base, candidate, question=question, tenant_ids=run.tenant_ids
        )
        named = await store_report(
            connection, card, tenant_id=run.tenant_id, created_by=run.requested_by, run_id=run.id
        )
    return Comparison(url, run, card, named)


async def _wait(pool: AsyncPool, url: str, run: Run, tell: Report) -> Run:
    """Drive the run to its end; refuse to wait for ever when nobody answers."""
    done, moved_at = -1, time.monotonic()
    while run.is_open:
        run = await replay.advance(pool, run.tenant_id, run.id)
        if run.calls_done != done:
            done, moved_at = run.calls_done, time.monotonic()
            tell(f"{run.calls_done} of {run.calls_planned} answered")
        elif time.monotonic() - moved_at > _PATIENCE_SECONDS and not await asyncio.to_thread(present_drains, url):
            message = "no drain is running that could answer: start `evosense up`, then call compare again"
            raise UpstreamTransient(message)
        if run.is_open:
            await asyncio.sleep(0.5)
    if run.state != "done":
        message = f"the replay {run.state}: {run.error_class or 'somebody canceled it'}"
        raise InvalidInput(message)
    return run


async def _open(pool: AsyncPool, url: str, tenant_id: UUID, report_hash: str) -> Comparison:
    async with pool.connection() as connection:
        report = await get_report(connection, tenant_id, report_hash)
        if report.run_id is None:
            message = "this report belongs to no replay; read it with evosense.experiments.reports"
            raise InvalidInput(message)
        run = await get_run(connection, tenant_id, report.run_id)
    return Comparison(url, run, card_from(report.content), report_hash)


def _split(reference: str) -> tuple[str, str]:
    name, at, version = reference.partition("@")
    if not at or not name or not version:
        message = f"write a prompt as name@version, sentiment@champion or sentiment@v7, not {reference!r}"
        raise InvalidInput(message)
    return name, version


def parse_window(
    window: str,
    tenants: str | Sequence[str | UUID] = "all",
    *,
    share: float = 1.0,
    emotions: Sequence[str] | None = None,
    connections: Sequence[str | UUID] | None = None,
) -> Window:
    """A window as people write it: `2026-11-01/2026-11-14`, whose messages, which of them. Raises InvalidInput."""
    first, _, last = window.partition("/")
    try:
        days = date.fromisoformat(first), date.fromisoformat(last or first)
        ids = None if tenants == "all" else tuple(UUID(str(one)) for one in tenants)
        numbers = tuple(UUID(str(one)) for one in connections) if connections else None
    except ValueError as error:
        message = 'write the window as 2026-11-01/2026-11-14; tenants as "all" or ids, connections as ids'
        raise InvalidInput(message) from error
    return Window(*days, ids, round(share * 10_000), tuple(emotions) if emotions else None, numbers)
