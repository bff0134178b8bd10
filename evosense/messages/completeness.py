"""How much of a stretch of time we have, to be compared with what the server says it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load

_QUERIES = load("evosense.messages", "completeness.sql")


@dataclass(frozen=True, slots=True)
class Known:
    """Messages of a window that are stored, and when the connection was last heard at all."""

    messages: int
    last_event_at: datetime | None


async def known_in_window(
    connection: AsyncConnection[Any], tenant_id: UUID, connection_id: UUID, since: datetime, until: datetime
) -> Known:
    """What is stored of a connection with a time in the window, both ends included."""
    values = {"tenant_id": tenant_id, "connection_id": connection_id, "since": since, "until": until}
    row = await (await connection.execute(_QUERIES["known_in_window"], values)).fetchone()
    return Known(int(row[0]), row[1]) if row else Known(0, None)
