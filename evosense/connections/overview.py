"""One connection as its owner looks at it: how it is, who serves it, what was missed; and small changes to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from evosense.connections.models import Connection
from evosense.db.named_queries import load
from evosense.errors import Conflict, NotFound
from evosense.tenants.models import TenantStatus

_QUERIES = load("evosense.connections", "overview.sql")
_SERVED: frozenset[TenantStatus] = frozenset({"trial", "active", "grace"})
Health = Literal["ok", "starting", "attention", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview(Connection):
    """A connection with what concerns it."""

    token_enc: bytes | None
    tenant_status: TenantStatus
    open_gaps: int

    @property
    def health(self) -> tuple[Health, str]:
        """How it is, and a code that says why."""
        if not self.is_active:
            return "stopped", "paused"
        if self.tenant_status not in _SERVED:
            return "stopped", "subscription"
        if self.state == "refused":
            return "attention", self.state_reason or "refused"
        if self.transport != "webhook" and not self.is_held:
            return "attention", "no_listener"
        if self.whatsapp_state in ("close", "refused", "connecting"):
            return "attention", "phone_not_linked"
        if self.transport != "webhook" and self.state != "live":
            return "starting", self.state
        return "ok", "live"


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of time in which events may have been missed; `recovered` counts messages that came back."""

    from_at: datetime
    to_at: datetime
    cause: str
    state: Literal["open", "repaired", "partial", "lost"]
    recovered: int
    unrecoverable: str | None
    closed_at: datetime | None


async def get_overview(connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID) -> Overview:
    """A connection of the tenant. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(Overview)) as cursor:
        await cursor.execute(_QUERIES["get"], {"tenant_id": tenant_id, "id": connection_id})
        found = await cursor.fetchone()
    if found is None:
        raise NotFound
    return found


async def list_gaps(
    connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID, *, limit: int = 20
) -> list[Gap]:
    """The newest gaps of a connection."""
    async with connection.cursor(row_factory=class_row(Gap)) as cursor:
        await cursor.execute(_QUERIES["gaps"], {"tenant_id": tenant_id, "id": connection_id, "limit": limit})
        return await cursor.fetchall()


async def rename_connection(connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID, name: str) -> None:
    """Call it something else. Raises NotFound, Conflict when another connection has the name."""
    values = {"tenant_id": tenant_id, "id": connection_id, "name": name}
    try:
        row = await (await connection.execute(_QUERIES["rename"], values)).fetchone()
    except UniqueViolation as error:
        raise Conflict("another connection has this name already") from error
    if row is None:
        raise NotFound
