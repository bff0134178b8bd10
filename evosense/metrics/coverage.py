"""How much of what was said the models have worked on, and how much room it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.metrics.days import as_it_is, closed_rows
from evosense.metrics.models import ratio
from evosense.metrics.open_days import open_days
from evosense.metrics.stitch import Row, Seam
from evosense.metrics.vectors import embedded_messages

_CLOSED = load("evosense.metrics", "cells.sql")
# A vector leaves no mark; the daily build takes them up within two days.
_UNMARKED = (timedelta(days=1), timedelta(days=2))
_VECTOR_BYTES = 2 * 768


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of messages: stored, of customers, with text or a score, with a vector; and bytes of stored text."""

    messages: int = 0
    messages_in: int = 0
    eligible: int = 0
    scored: int = 0
    embeddable: int = 0
    embedded: int = 0
    redacted: int = 0
    audio_without_text: int = 0
    text_bytes: int = 0

    @property
    def scored_share(self) -> float | None:
        """Scored ÷ eligible."""
        return _share(self.scored, self.eligible)

    @property
    def embedded_share(self) -> float | None:
        """Embedded ÷ messages with text."""
        return _share(self.embedded, self.embeddable)

    @property
    def redacted_share(self) -> float | None:
        """Messages in which personal data was replaced ÷ all that are stored."""
        return _share(self.redacted, self.messages)

    @property
    def audio_without_text_share(self) -> float | None:
        """Audios that nobody has transcribed ÷ customer messages."""
        return _share(self.audio_without_text, self.messages_in)

    @property
    def vector_bytes(self) -> int:
        """Bytes of the vectors: 768 half-precision floats each."""
        return self.embedded * _VECTOR_BYTES


async def coverage(
    connection: AsyncConnection[Any], seam: Seam, connection_id: UUID | None = None
) -> dict[date, Coverage]:
    """The coverage of each day of the period, those without messages included."""
    found = await closed_rows(connection, seam, _CLOSED["closed_coverage"], seam.closed_days, as_it_is)
    found += [row for day in await open_days(connection, seam, seam.open_days) for row in day.connections]
    unmarked = {*seam.open_days, *(seam.today - back for back in _UNMARKED)}
    recent = [day for day in seam.days if day in unmarked]
    embedded = dict.fromkeys(recent, 0)
    for (day, heard_by), count in (await embedded_messages(connection, seam, recent)).items():
        if connection_id in (None, heard_by):
            embedded[day] += count
    piles: dict[date, list[Row]] = defaultdict(list)
    for row in found:
        if connection_id in (None, row["connection_id"]):
            piles[row["local_day"]].append(row)
    days = {day: _sum(piles.get(day, [])) for day in seam.days}
    return days | {day: replace(days[day], embedded=n) for day, n in embedded.items()}


def together(days: Iterable[Coverage]) -> Coverage:
    """The coverage of a period out of that of its days."""
    known = list(days)
    return Coverage(**{field.name: sum(getattr(day, field.name) for day in known) for field in fields(Coverage)})


def _sum(found: list[Row]) -> Coverage:
    return Coverage(**{field.name: sum(int(row[field.name]) for row in found) for field in fields(Coverage)})


def _share(part: int, whole: int) -> float | None:
    found = ratio(part, whole)
    return None if found is None else float(found)
