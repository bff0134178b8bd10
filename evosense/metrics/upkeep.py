"""Whether the warehouse keeps up, and whether what it rests on is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from evosense.db.named_queries import load

_QUERIES = load("evosense.metrics", "upkeep.sql")
_DAYS, _HOURS = 7, 2


@dataclass(frozen=True, slots=True)
class RecentGaps:
    """Gaps of ingestion of the last seven days: `left_open` for over two hours, `lost` wholly or in part, and all."""

    left_open: int
    lost: int
    gaps: int
    tenants: int


def seconds_since_build(connection: Connection[Any]) -> float | None:
    """Since the last build that succeeded began; None where there was none."""
    row = connection.execute(_QUERIES["last_build"]).fetchone()
    return row[0] if row else None


def recent_gaps(connection: Connection[Any]) -> RecentGaps:
    """The gaps of all tenants."""
    with connection.cursor(row_factory=class_row(RecentGaps)) as cursor:
        found = cursor.execute(_QUERIES["recent_gaps"], {"days": _DAYS, "hours": _HOURS}).fetchone()
    return found or RecentGaps(0, 0, 0, 0)
