"""Work of the models that was given up: what there is of it, and asking for it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.ai.tasks import KINDS, wake
from evosense.db.named_queries import load

_QUERIES = load("evosense.ai", "failures.sql")


@dataclass(frozen=True, slots=True)
class Failures:
    """Tasks of one kind and purpose that were given up for the same reason, and not asked for again yet."""

    kind: str
    purpose: str
    error_class: str
    tasks: int
    first_at: datetime
    last_at: datetime


async def list_failures(connection: AsyncConnection[Any], tenant_id: UUID | None = None) -> list[Failures]:
    """What was given up, of one tenant or of all; most frequent first."""
    async with connection.cursor(row_factory=class_row(Failures)) as cursor:
        await cursor.execute(_QUERIES["failures"], {"tenant_id": tenant_id})
        return await cursor.fetchall()


async def replay(
    connection: AsyncConnection[Any], *, tenant_id: UUID | None = None, error_class: str | None = None
) -> int:
    """Ask again for what was given up, behind live work; answers how many tasks. Wakes the drains at commit."""
    row = await (
        await connection.execute(_QUERIES["replay"], {"tenant_id": tenant_id, "error_class": error_class})
    ).fetchone()
    for kind in KINDS:
        await wake(connection, kind)
    return int(row[0]) if row else 0
