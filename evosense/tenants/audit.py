"""The audit log: who did what, append-only. It holds ids, codes and numbers, never content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from evosense.db.ids import new_id
from evosense.db.named_queries import load

_QUERIES = load("evosense.tenants", "audit.sql")


@dataclass(frozen=True, slots=True)
class Act:
    """One entry. `actor` and `target` are a kind and an id, e.g. `user:…`, `connection:…`, or a part of the system."""

    id: UUID
    at: datetime
    actor: str
    action: str
    target: str
    detail: dict[str, Any]


async def record(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    *,
    actor: str,
    action: str,
    target: str,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write an act down in the transaction that does it."""
    values = {
        "tenant_id": tenant_id,
        "id": new_id(),
        "actor": actor,
        "action": action,
        "target": target,
        "detail": Jsonb(detail or {}),
    }
    await connection.execute(_QUERIES["record"], values)


async def list_acts(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    *,
    before: UUID | None = None,
    action: str | None = None,
    actor: str | None = None,
    limit: int = 50,
) -> list[Act]:
    """Acts of a tenant, the newest first; `before` is the id of the last one of the page before."""
    wanted = {"tenant_id": tenant_id, "before": before, "action": action, "actor": actor, "limit": limit}
    async with connection.cursor(row_factory=class_row(Act)) as cursor:
        await cursor.execute(_QUERIES["page"], wanted)
        return await cursor.fetchall()
