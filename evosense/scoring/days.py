"""Local days of scoring: what is missing, how far a day is, how the answers of late look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.named_queries import load

_QUERIES = load("evosense.scoring", "days.sql")


@dataclass(frozen=True, slots=True)
class DayCoverage:
    """How far the scoring of a local day is. Every eligible message is in exactly one of the last four, or none yet."""

    local_day: date
    eligible: int
    scored: int
    unusable: int
    failed: int
    waiting: int

    @property
    def settled(self) -> int:
        """Messages that have a score or a recorded reason why not."""
        return self.scored + self.unusable + self.failed


async def enqueue_missing(
    connection: AsyncConnection[Any], first: date, last: date, tenant_id: UUID | None = None
) -> int:
    """Ask for what is missing on local days first..last; answers how many messages. Wakes nobody."""
    params = {"first": first, "last": last, "tenant_id": tenant_id}
    row = await (await connection.execute(_QUERIES["enqueue_missing"], params)).fetchone()
    return int(row[0]) if row else 0


async def coverage(
    connection: AsyncConnection[Any], first: date, last: date, tenant_id: UUID | None = None
) -> list[DayCoverage]:
    """Coverage of each local day of first..last that has anything to score."""
    params = {"first": first, "last": last, "tenant_id": tenant_id}
    async with connection.cursor(row_factory=class_row(DayCoverage)) as cursor:
        await cursor.execute(_QUERIES["coverage"], params)
        return await cursor.fetchall()


@dataclass(frozen=True, slots=True)
class AnswerQuality:
    """Answers of production work in a stretch of time; latencies in milliseconds at the 95th percentile."""

    tenants: int
    answers: int
    unusable: int
    latency_p95_ms: float
    queue_p95_ms: float


async def quality_of_answers(connection: AsyncConnection[Any], hours: int) -> AnswerQuality:
    """How the answers of the last hours look."""
    async with connection.cursor(row_factory=class_row(AnswerQuality)) as cursor:
        await cursor.execute(_QUERIES["quality_of_answers"], {"hours": hours})
        found = await cursor.fetchone()
    return found or AnswerQuality(0, 0, 0, 0.0, 0.0)


async def oldest_due_seconds(connection: AsyncConnection[Any]) -> float:
    """How long the oldest live message has been due and waits for a worker."""
    row = await (await connection.execute(_QUERIES["oldest_due"])).fetchone()
    return float(row[0]) if row else 0.0
