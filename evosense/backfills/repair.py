"""Days of late that are not complete, as backfill requests: what the nightly repair asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from psycopg import AsyncConnection

from evosense.ai.embedder_in_use import identify
from evosense.backfills.models import Kind
from evosense.backfills.repository import request_backfill
from evosense.embeddings import repository as embeddings
from evosense.scoring import days as scores
from evosense.scoring.backends import open_models
from evosense.settings import AiSettings


async def ask_for_incomplete_days(
    connection: AsyncConnection[Any], ai: AiSettings, first: date, last: date
) -> list[tuple[Kind, date, date]]:
    """Ask for every stretch of local days first..last that lacks scores or vectors; answers the stretches.

    A message that was given up is tried again; one whose answer was unusable is not, for it would be paid for twice.
    """
    async with open_models(ai) as models:
        # While the embedding server is away nobody knows which vectors are missing: the next night asks again.
        known = await identify(models.embedder) is None
        config_hash = models.embedder.config.config_hash
    scored = await scores.coverage(connection, first, last)
    embedded = await embeddings.coverage(connection, first, last, config_hash) if known else []
    lacking: dict[Kind, list[date]] = {
        "scoring": [day.local_day for day in scored if day.scored + day.unusable < day.eligible],
        "embeddings": [day.local_day for day in embedded if day.embedded < day.eligible],
    }
    asked: list[tuple[Kind, date, date]] = []
    for kind, days in lacking.items():
        for begin, end in stretches(days):
            await request_backfill(connection, kind, begin, end, requested_by="schedule:repair_every_night")
            asked.append((kind, begin, end))
    return asked


def stretches(days: Iterable[date]) -> list[tuple[date, date]]:
    """First and last day of every run of consecutive days, in order."""
    found: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if found and day - found[-1][1] == timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
