"""Gaps: stretches of time in which a connection may have missed events, and what came back of them.

A gap is opened before a connection is joined and closed when it was repaired, so a process that is killed at any
moment in between leaves it open for the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.ids import new_id
from evosense.db.named_queries import load

GapState = Literal["repaired", "partial", "lost"]
_QUERIES = load("evosense.connections")


@dataclass(frozen=True, slots=True)
class OpenGap:
    """A gap that is being repaired; its end is the moment of the repair.

    `unread_from` is where it begins, or up to where an earlier attempt came, which got `recovered` messages back.
    `first_at` is when its connection was made: nothing before is anybody's loss.
    """

    tenant_id: UUID
    id: UUID
    unread_from: datetime
    first_at: datetime
    recovered: int


async def begin_gap(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    connection_id: UUID,
    cause: str,
    *,
    since: datetime | None = None,
    heard_until: datetime | None = None,
) -> OpenGap | None:
    """The connection's open gap, made now unless there is one; None when the connection is gone.

    It begins 60 s before the connection was last heard (at `heard_until`, if its link is known to have lived longer
    than its last event), or at `since` if that is earlier. `cause` is a short code: `start`, `join`, `reconnect`,
    `silence`.
    """
    values = {
        "tenant_id": tenant_id,
        "connection_id": connection_id,
        "gap_id": new_id(),
        "gap_cause": cause,
        "missed_since": since,
        "heard_until": heard_until,
    }
    row = await (await connection.execute(_QUERIES["begin_gap"], values)).fetchone()
    return OpenGap(tenant_id, *row) if row else None


async def advance_gap(connection: AsyncConnection[Any], gap: OpenGap, *, read_until: datetime, recovered: int) -> None:
    """Record up to where a gap was stored: whoever goes on with it begins there."""
    values = {"tenant_id": gap.tenant_id, "id": gap.id, "read_until": read_until, "recovered": recovered}
    await connection.execute(_QUERIES["advance_gap"], values)


async def finish_gap(
    connection: AsyncConnection[Any],
    gap: OpenGap,
    state: GapState,
    *,
    to_at: datetime,
    recovered: int,
    unrecoverable: str | None,
) -> None:
    """Record how many messages came back that we had not, and what can't come back."""
    values = {
        "tenant_id": gap.tenant_id,
        "id": gap.id,
        "state": state,
        "to_at": to_at,
        "recovered": recovered,
        "unrecoverable": unrecoverable,
    }
    await connection.execute(_QUERIES["finish_gap"], values)


async def drop_gap(connection: AsyncConnection[Any], gap: OpenGap) -> None:
    """Forget an open gap that turned out to be none."""
    await connection.execute(_QUERIES["drop_gap"], {"tenant_id": gap.tenant_id, "id": gap.id})
