"""How much each theme moves the score, and which themes are growing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.models import DaySaid
from evosense.metrics.said import days_said
from evosense.metrics.stitch import Seam, rows

_QUERIES = load("evosense.metrics.themes", "themes.sql")
_RECENT_DAYS, _EMERGING_Z, _EMERGING_N = 7, 3.0, 10
# What a theme's row counts, as a day's figures call it.
_FIGURES = {
    "n": "scored",
    "positive": "positive",
    "negative": "negative",
    "sentiment_sum": "sentiment_sum",
    "satisfaction_sum": "satisfaction_sum",
}


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme over a period; `theme_id` None is everything that belongs to none.

    Attributes:
        theme_id: Its id, kept from build to build.
        words: Its distinctive words.
        n: Scored customer messages.
        share: Of all of them, 0 to 1.
        sentiment_mean: −1 to 1.
        satisfaction_mean: 0 to 100, predicted.
        impact: Points that it adds to the net sentiment; the impacts of all themes sum to it.
        positive_points: Its part of score + 100; those of all themes sum to that.
        negative_points: Its part of 100 − score; both kinds together sum to 200.
        is_emerging: Its share of the period's last seven days is higher than before by three standard errors.
        lift: That share ÷ the one before; None where there was none before.
    """

    theme_id: UUID | None
    words: tuple[str, ...]
    n: int
    share: float
    sentiment_mean: float
    satisfaction_mean: float
    impact: float
    positive_points: float
    negative_points: float
    is_emerging: bool
    lift: float | None


@dataclass(frozen=True, slots=True)
class ThemeReport:
    """The themes of a period, those with most messages first, what belongs to none last."""

    scored: int
    net_sentiment: float | None
    themes: list[Theme]
    prompt_hashes: tuple[str, ...]
    config_hashes: tuple[str, ...]


async def theme_report(connection: AsyncConnection[Any], seam: Seam) -> ThemeReport:
    """The themes of scored customer messages of the period; it moves with every score.

    Messages with a theme are read one by one from app. All others are what they leave of the period's own figures.
    """
    themed = await rows(connection, _QUERIES["report"], seam.scope)
    days = await days_said(connection, seam)
    found = [*themed, *_without_theme(themed, days, seam.to_day)]
    total = sum(row["n"] for row in found)
    recent = sum(row["recent"] for row in found)
    net = sum(row["positive"] - row["negative"] for row in found)
    themes = [_theme(row, total, recent) for row in found]
    return ThemeReport(
        scored=total,
        net_sentiment=100 * net / total if total else None,
        themes=sorted(themes, key=lambda one: (one.theme_id is None, -one.n, one.words)),
        prompt_hashes=tuple(sorted({name for row in days for name in row.messages.prompt_hashes})),
        config_hashes=tuple(sorted({name for row in days for name in row.messages.config_hashes})),
    )


def _without_theme(themed: list[dict[str, Any]], days: list[DaySaid], to_day: date) -> list[dict[str, Any]]:
    """A row as those of themes for what belongs to none; none when nothing does."""
    late = to_day - timedelta(days=_RECENT_DAYS)
    left: dict[str, Any] = {"theme_id": None, "words": None}
    for name, figure in _FIGURES.items():
        left[name] = sum(getattr(day.messages, figure) for day in days) - sum(row[name] for row in themed)
    recent = sum(day.messages.scored for day in days if day.local_day > late)
    left["recent"] = recent - sum(row["recent"] for row in themed)
    return [left] if left["n"] else []


def _theme(row: dict[str, Any], total: int, recent: int) -> Theme:
    n, balance = row["n"], row["positive"] - row["negative"]
    z, lift = growth(row["recent"], recent, n - row["recent"], total - recent)
    return Theme(
        theme_id=row["theme_id"],
        words=tuple(row["words"] or ()),
        n=n,
        share=n / total,
        sentiment_mean=float(row["sentiment_sum"]) / n,
        satisfaction_mean=float(row["satisfaction_sum"]) / n,
        impact=100 * balance / total,
        positive_points=100 * (n + balance) / total,
        negative_points=100 * (n - balance) / total,
        is_emerging=row["theme_id"] is not None and row["recent"] >= _EMERGING_N and z >= _EMERGING_Z,
        lift=lift,
    )


def growth(now: int, all_now: int, before: int, all_before: int) -> tuple[float, float | None]:
    """The z of the difference of two shares (pooled), and their ratio; z is 0 where one side has nothing."""
    if not all_now or not all_before:
        return 0.0, None
    share, former = now / all_now, before / all_before
    pooled = (now + before) / (all_now + all_before)
    error = math.sqrt(pooled * (1 - pooled) * (1 / all_now + 1 / all_before))
    return ((share - former) / error if error else 0.0), (share / former if former else None)
