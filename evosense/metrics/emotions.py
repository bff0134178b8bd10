"""Emotions that the champion saw in customer messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.days import as_it_is, closed_rows
from evosense.metrics.intervals import Interval, wilson
from evosense.metrics.open_days import open_days
from evosense.metrics.stitch import Row, Seam

_CLOSED = load("evosense.metrics", "cells.sql")


@dataclass(frozen=True, slots=True)
class Emotion:
    """One emotion over the period. `share` (0 to 1) is of scored customer messages."""

    emotion: str
    n: int
    share: Interval | None
    sentiment_mean: float
    satisfaction_mean: float
    confidence_mean: float | None


@dataclass(frozen=True, slots=True)
class Emotions:
    """The emotions of a period, most frequent first, and their counts by day."""

    scored: int
    emotions: list[Emotion]
    days: dict[date, dict[str, int]]
    prompt_hashes: tuple[str, ...]
    config_hashes: tuple[str, ...]


async def emotions(connection: AsyncConnection[Any], seam: Seam, connection_id: UUID | None = None) -> Emotions:
    """The emotions of the period, of one connection or all."""
    known = await closed_rows(connection, seam, _CLOSED["closed_emotions"], seam.closed_days, as_it_is)
    known += [row for day in await open_days(connection, seam, seam.open_days) for row in day.emotions]
    found = [row for row in known if connection_id in (None, row["connection_id"])]
    total = sum(row["scored"] for row in found)
    days: dict[date, Counter[str]] = {day: Counter() for day in seam.days}
    piles: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        days[row["local_day"]][row["emotion"]] += row["scored"]
        piles[row["emotion"]].append(row)
    return Emotions(
        scored=total,
        emotions=sorted((_emotion(name, pile, total) for name, pile in piles.items()), key=lambda e: (-e.n, e.emotion)),
        days={day: dict(counts) for day, counts in days.items()},
        prompt_hashes=tuple(sorted({name for row in found for name in row["prompt_hashes"]})),
        config_hashes=tuple(sorted({name for row in found for name in row["config_hashes"]})),
    )


def _emotion(name: str, pile: list[Row], total: int) -> Emotion:
    n = sum(row["scored"] for row in pile)
    confident = sum(row["confident"] for row in pile)
    return Emotion(
        emotion=name,
        n=n,
        share=wilson(n, total),
        sentiment_mean=float(sum(row["sentiment_sum"] for row in pile)) / n,
        satisfaction_mean=float(sum(row["satisfaction_sum"] for row in pile)) / n,
        confidence_mean=float(sum(row["confidence_sum"] for row in pile)) / confident if confident else None,
    )
