"""Legal hold: while one is open, neither retention nor erasure nor the purge of a former customer touches it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import NotFound
from evosense.privacy.models import LegalHold
from evosense.privacy.requests import audit

_QUERIES = load("evosense.privacy", "holds.sql")


async def place_hold(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    *,
    reason: str,
    placed_by: str,
    jid_hmacs: Sequence[bytes] | None = None,
) -> UUID:
    """Keep a person (by the HMACs of their addresses), or everything of the company, until further notice."""
    hold_id = new_id()
    values = {
        "tenant_id": tenant_id,
        "id": hold_id,
        "jid_hmacs": None if jid_hmacs is None else list(jid_hmacs),
        "reason": reason,
        "placed_by": placed_by,
    }
    await connection.execute(_QUERIES["place_hold"], values)
    await audit(connection, tenant_id, placed_by, "legal_hold_placed", f"legal_hold:{hold_id}")
    return hold_id


async def list_holds(connection: AsyncConnection[Any], tenant_id: UUID) -> list[LegalHold]:
    """The tenant's holds, open ones first."""
    async with connection.cursor(row_factory=class_row(LegalHold)) as cursor:
        await cursor.execute(_QUERIES["list_holds"], {"tenant_id": tenant_id})
        return await cursor.fetchall()


async def release_hold(connection: AsyncConnection[Any], tenant_id: UUID, hold_id: UUID, *, released_by: str) -> None:
    """End a hold. Raises NotFound when there is no such open one."""
    values = {"tenant_id": tenant_id, "id": hold_id, "released_by": released_by}
    if await (await connection.execute(_QUERIES["release_hold"], values)).fetchone() is None:
        raise NotFound
    await audit(connection, tenant_id, released_by, "legal_hold_released", f"legal_hold:{hold_id}")


async def is_held(connection: AsyncConnection[Any], tenant_id: UUID, jid_hmacs: Sequence[bytes]) -> bool:
    """Whether a hold is open on any of these addresses, or on the whole company."""
    values = {"tenant_id": tenant_id, "jid_hmacs": list(jid_hmacs)}
    row = await (await connection.execute(_QUERIES["holds_person"], values)).fetchone()
    return bool(row and row[0])
