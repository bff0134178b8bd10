"""The same functions the assets call, for notebooks: `ev.compare(...)` from nothing to a verdict in one line.

Everything here blocks, and works inside a notebook's own event loop too. The database is DATABASE_URL, or the
embedded server of DATA_DIR while `evosense up` or `evosense demo` runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import polars as pl

from evosense.db.database import AsyncPool, open_pool
from evosense.db.embedded import EmbeddedPostgres
from evosense.db.ids import EVERYONE
from evosense.errors import InvalidInput, UpstreamTransient
from evosense.experiments import replay
from evosense.experiments.card import Card
from evosense.experiments.datasets import Window
from evosense.experiments.frame import paired_rows
from evosense.experiments.load_card import card_from
from evosense.experiments.measures import MEASURES
from evosense.experiments.models import Question
from evosense.experiments.promotion import promote
from evosense.experiments.render import effects_table, slices_table, to_csv, to_html, to_markdown, to_parquet
from evosense.experiments.reports import compare_arms, get_report, regressions, store_report
from evosense.experiments.runs import ReplayRequest, Run, get_run, request_run
from evosense.experiments.slices import slices_of
from evosense.experiments.statistics import SampleSize, sample_size
from evosense.prompts.channels import Move
from evosense.prompts.models import CHAMPION
from evosense.scoring.presence import present_drains
from evosense.settings import DatabaseSettings, load

_T = TypeVar("_T")
# A drain rotates within seconds; without any for this long nobody is going to answer.
_PATIENCE_SECONDS = 60.0
Report = Callable[[str], None]


class Comparison:
    """Two prompts compared: shows itself as a card, and knows the way to the rows behind it."""

    def __init__(self, url: str, run: Run, card: Card, report_hash: str) -> None:
        """Made by `compare` and `open_report`."""
        self.card = card
        self.report_hash = report_hash
        self._url = url
        self._run = run

    def __repr__(self) -> str:
        return f"{self.card.verdict}\n{to_markdown(self.card)}\nreport {self.report_hash}"

    def _repr_html_(self) -> str:
        return to_html(self.card, report_hash=self.report_hash)

    @property
    def verdict(self) -> str:
        """What it says, in words."""
        return self.card.verdict

    @property
    def outcome(self) -> str:
        """pass, fail or undecided: the gates together."""
        return self.card.outcome

    def regressions(self, limit: int = 20) -> pl.DataFrame:
        """Messages side by side, worst first, with their text as it stands now."""
        card, tenants = self.card, self._run.tenant_ids
        found = _with_pool(
            self._url,
            lambda pool: _regressions(pool, card, tenants, limit),
        )
        return pl.DataFrame(
            [
                {
                    "text": row.text,
                    "delta": row.delta,
                    "sentiment_a": row.sentiment_a,
                    "sentiment_b": row.sentiment_b,
                    "emotion_a": row.emotion_a,
                    "emotion_b": row.emotion_b,
                    "message_id": str(row.message_id),
                }
                for row in found
            ]
        )

    def slices(self, *dimensions: str) -> pl.DataFrame:
        """The primary measure by slice, Benjamini-Hochberg over what is asked for; all dimensions by default."""
        if not dimensions:
            return slices_table(self.card)
        measure = MEASURES[self.card.question.primary]
        card = self.card
        found = slices_of(self.frame(), measure, dimensions=dimensions, alpha=card.question.alpha, seed=card.seed)
        return pl.DataFrame([part for part in found]) if found else pl.DataFrame()

    def frame(self) -> pl.DataFrame:
        """The paired rows themselves: ids and numbers, no text."""
        card, tenants = self.card, self._run.tenant_ids
        return _with_pool(self._url, lambda pool: _frame(pool, card, tenants))

    def to_frame(self) -> pl.DataFrame:
        """One row per measure."""
        return effects_table(self.card)

    def to_html(self, path: str | Path) -> Path:
        """Write the card as a page; answers where."""
        return _write(path, to_html(self.card, report_hash=self.report_hash).encode())

    def to_csv(self, path: str | Path) -> Path:
        """Write measures and slices as CSV; answers where."""
        return _write(path, to_csv(self.card).encode())

    def to_parquet(self, path: str | Path) -> Path:
        """Write measures and slices (aggregates only) as Parquet; answers where."""
        return _write(path, to_parquet(self.card))

    def promote(self, *, reason: str, actor: str, approver: str | None = None, channel: str = CHAMPION) -> None:
        """Let the candidate become champion. Raises unless the report passed and the policy is met."""
        move = Move(self._run.prompt_name, channel, actor, reason, approver, self.report_hash)
        _with_pool(self._url, lambda pool: _promote(pool, self._run.tenant_id, self.card, move))


def compare(
    baseline: str,
    candidate: str,
    *,
    window: str,
    tenants: str | Sequence[str | UUID] = "all",
    share: float = 1.0,
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
        window=_window(window, tenants, share),
        candidates=(wanted,),
        requested_by=by,
        prompt_name=name,
        baseline=reference,
        max_cost_micros=None if max_cost_usd is None else round(max_cost_usd * 1e6),
    )
    address = url or database_url()
    return _with_pool(address, lambda pool: _compare(pool, address, request, question, tell))


def plan(delta: float = 0.02, *, sd: float = 0.3, messages_per_chat: float = 8.0, icc: float = 0.1) -> SampleSize:
    """How many chats and messages are needed to see a difference of `delta` with 80 % chance."""
    return sample_size(delta, sd, messages_per_chat=messages_per_chat, icc=icc)


def open_report(report_hash: str, *, tenant: UUID = EVERYONE, url: str | None = None) -> Comparison:
    """A stored report again. Raises NotFound."""
    address = url or database_url()
    return _with_pool(address, lambda pool: _open(pool, address, tenant, report_hash))


def database_url() -> str:
    """DATABASE_URL, or the embedded server of DATA_DIR (which has to be running)."""
    settings = load(DatabaseSettings)
    return settings.database_url or EmbeddedPostgres(settings.data_dir / "postgres").url()


async def _compare(
    pool: AsyncPool, url: str, request: ReplayRequest, question: Question | None, tell: Report
) -> Comparison:
    async with pool.connection() as connection:
        run_id = await request_run(connection, request)
        run = await get_run(connection, request.window.scope, run_id)
        preview = await replay.plan(connection, run, delta=(question or Question()).margin)
    tell(
        f"{preview.items} messages in {preview.chats} chats: {preview.missing} calls to make, {preview.reused} reused, "
        f"about {preview.cost_micros / 1e6:.2f} USD and {preview.eta_seconds:.0f} s"
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


async def _regressions(pool: AsyncPool, card: Card, tenants: Sequence[UUID] | None, limit: int) -> Any:
    async with pool.connection() as connection:
        return await regressions(
            connection, card.dataset_hash, card.baseline, card.candidate, tenant_ids=tenants, limit=limit
        )


async def _frame(pool: AsyncPool, card: Card, tenants: Sequence[UUID] | None) -> pl.DataFrame:
    async with pool.connection() as connection:
        return await paired_rows(connection, card.dataset_hash, card.baseline, card.candidate, tenants)


async def _promote(pool: AsyncPool, tenant_id: UUID, card: Card, move: Move) -> None:
    async with pool.connection() as connection, connection.transaction():
        await promote(connection, tenant_id, card.candidate.prompt_hash, move)


def _with_pool(url: str, work: Callable[[AsyncPool], Awaitable[_T]]) -> _T:
    async def run() -> _T:
        async with open_pool(url, "evosense_pipeline", max_size=2, application="evosense notebook") as pool:
            return await work(pool)

    return _block(run())


def _block(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end, in a thread of its own because a notebook's thread has a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _split(reference: str) -> tuple[str, str]:
    name, at, version = reference.partition("@")
    if not at or not name or not version:
        message = f"write a prompt as name@version, sentiment@champion or sentiment@v7, not {reference!r}"
        raise InvalidInput(message)
    return name, version


def _window(window: str, tenants: str | Sequence[str | UUID], share: float) -> Window:
    first, _, last = window.partition("/")
    try:
        days = date.fromisoformat(first), date.fromisoformat(last or first)
        ids = None if tenants == "all" else tuple(UUID(str(one)) for one in tenants)
    except ValueError as error:
        message = 'write the window as 2026-11-01/2026-11-14 and tenants as "all" or a list of ids'
        raise InvalidInput(message) from error
    return Window(*days, tenant_ids=ids, share_bp=round(share * 10_000))


def _write(path: str | Path, content: bytes) -> Path:
    target = Path(path)
    target.write_bytes(content)
    return target
