"""Two prompts compared, as an analyst holds it: it shows itself as a card and knows the way to the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl

from evosense.db.database import AsyncPool
from evosense.experiments.blocking import with_pool
from evosense.experiments.card import Card
from evosense.experiments.frame import paired_rows, return_rows
from evosense.experiments.labels import agreement, request_labels
from evosense.experiments.measures import MEASURES
from evosense.experiments.promotion import promote
from evosense.experiments.render import effects_table, slices_table, to_csv, to_html, to_markdown, to_parquet
from evosense.experiments.reports import get_report, regressions
from evosense.experiments.run_models import Run
from evosense.experiments.slices import slices_of
from evosense.experiments.statistics import KrippendorffAlpha
from evosense.experiments.what_if import retention, what_if
from evosense.prompts.channels import Move
from evosense.prompts.models import CHAMPION


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
        found = with_pool(
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
        return with_pool(self._url, lambda pool: _frame(pool, card, tenants))

    def to_frame(self) -> pl.DataFrame:
        """One row per measure."""
        return effects_table(self.card)

    def to_html(self, path: str | Path) -> Path:
        """Write the card as a page; answers where."""
        return _write(path, to_html(self.card, report_hash=self.report_hash).encode())

    def to_json(self, path: str | Path) -> Path:
        """Write the canonical JSON whose SHA-256 names the report; answers where."""
        tenant_id, named = self._run.tenant_id, self.report_hash
        return _write(path, with_pool(self._url, lambda pool: _stored(pool, tenant_id, named)))

    def to_csv(self, path: str | Path) -> Path:
        """Write measures and slices as CSV; answers where."""
        return _write(path, to_csv(self.card).encode())

    def to_parquet(self, path: str | Path) -> Path:
        """Write measures and slices (aggregates only) as Parquet; answers where."""
        return _write(path, to_parquet(self.card))

    def promote(self, *, reason: str, actor: str, approver: str | None = None, channel: str = CHAMPION) -> None:
        """Let the candidate become champion. Raises unless the report passed and the policy is met."""
        move = Move(self._run.prompt_name, channel, actor, reason, approver, self.report_hash)
        with_pool(self._url, lambda pool: _promote(pool, self._run.tenant_id, self.card, move))

    def what_if(self) -> pl.DataFrame:
        """KPIs per local day as they are and as they would have been under the candidate."""
        return what_if(self.frame())

    def retention(self, *, days: int = 14) -> pl.DataFrame:
        """Who came back within `days`, by the mood that either prompt saw. Raises InvalidInput when it is too early."""
        card, tenants = self.card, self._run.tenant_ids
        return retention(self.frame(), with_pool(self._url, lambda pool: _returns(pool, card, days, tenants)))

    def ask_for_labels(self, size: int, *, raters: int = 2) -> int:
        """Put messages before people, disagreements first but with known chances; answers how many."""
        card, tenants = self.card, self._run.tenant_ids
        return with_pool(self._url, lambda pool: _ask_for_labels(pool, card, tenants, size, raters))

    def rater_agreement(self) -> KrippendorffAlpha:
        """How far the people who labelled agree. Raises InvalidInput until two judged the same message."""
        tenants = self._run.tenant_ids
        return with_pool(self._url, lambda pool: _rater_agreement(pool, tenants))


async def _ask_for_labels(pool: AsyncPool, card: Card, tenants: Sequence[UUID] | None, size: int, raters: int) -> int:
    async with pool.connection() as connection:
        _, drawn = await request_labels(
            connection,
            card.dataset_hash,
            card.baseline,
            card.candidate,
            size=size,
            tenant_ids=tenants,
            raters=raters,
        )
    return len(drawn)


async def _rater_agreement(pool: AsyncPool, tenants: Sequence[UUID] | None) -> KrippendorffAlpha:
    async with pool.connection() as connection:
        return await agreement(connection, tenant_ids=tenants)


async def _regressions(pool: AsyncPool, card: Card, tenants: Sequence[UUID] | None, limit: int) -> Any:
    async with pool.connection() as connection:
        return await regressions(
            connection, card.dataset_hash, card.baseline, card.candidate, tenant_ids=tenants, limit=limit
        )


async def _stored(pool: AsyncPool, tenant_id: UUID, report_hash: str) -> bytes:
    async with pool.connection() as connection:
        return (await get_report(connection, tenant_id, report_hash)).card


async def _returns(pool: AsyncPool, card: Card, days: int, tenants: Sequence[UUID] | None) -> pl.DataFrame:
    async with pool.connection() as connection:
        return await return_rows(connection, card.dataset_hash, days, tenants)


async def _frame(pool: AsyncPool, card: Card, tenants: Sequence[UUID] | None) -> pl.DataFrame:
    async with pool.connection() as connection:
        return await paired_rows(connection, card.dataset_hash, card.baseline, card.candidate, tenants)


async def _promote(pool: AsyncPool, tenant_id: UUID, card: Card, move: Move) -> None:
    async with pool.connection() as connection, connection.transaction():
        await promote(connection, tenant_id, card.candidate.prompt_hash, move)


def _write(path: str | Path, content: bytes) -> Path:
    target = Path(path)
    target.write_bytes(content)
    return target
