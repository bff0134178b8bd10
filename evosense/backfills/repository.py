"""Backfill requests in the database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.backfills.models import Backfill, Kind, State
from evosense.db.ids import EVERYONE, new_id
from evosense.db.named_queries import load
from evosense.errors import Conflict, InvalidInput, NotFound
from evosense.scoring.backfill import hold_to_ceiling

_QUERIES = load("evosense.backfills")
_MOST_DAYS: Final = 800


async def request_backfill(
    connection: AsyncConnection[Any],
    kind: Kind,
    first_day: date,
    last_day: date,
    *,
    requested_by: str,
    tenant_id: UUID = EVERYONE,
    max_cost_usd: float | None = None,
) -> UUID:
    """Ask for days to be worked on again; answers the request's id, or that of an equal one that still waits.

    Raises:
        InvalidInput: the days are in the wrong order, too many, or all still to come.
        QuotaExceeded: scoring them would cost more than `max_cost_usd`, by the calls of the last week.
    """
    if first_day > last_day:
        message = "the first day must not be after the last day"
        raise InvalidInput(message)
    # The day begins up to 14 hours earlier in the east than in UTC.
    if first_day > (datetime.now(UTC) + timedelta(hours=14)).date():
        message = "these days are still to come: ask for days that have begun"
        raise InvalidInput(message)
    if last_day - first_day > timedelta(days=_MOST_DAYS):
        message = f"ask for {_MOST_DAYS} days at most; make several requests of more"
        raise InvalidInput(message)
    if kind == "scoring":
        owner = None if tenant_id == EVERYONE else tenant_id
        await hold_to_ceiling(connection, first_day, last_day, owner, max_cost_usd)
    backfill_id = new_id()
    values = {
        "tenant_id": tenant_id,
        "id": backfill_id,
        "kind": kind,
        "first_day": first_day,
        "last_day": last_day,
        "requested_by": requested_by,
    }
    waiting = await (await connection.execute(_QUERIES["same_backfill"], values)).fetchone()
    if waiting:
        return waiting[0]
    await connection.execute(_QUERIES["add_backfill"], values)
    return backfill_id


async def get_backfill(connection: AsyncConnection[Any], tenant_id: UUID, backfill_id: UUID) -> Backfill:
    """A request by id. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(Backfill)) as cursor:
        await cursor.execute(_QUERIES["get_backfill"], {"tenant_id": tenant_id, "id": backfill_id})
        found = await cursor.fetchone()
    if found is None:
        raise NotFound
    return found


async def list_backfills(
    connection: AsyncConnection[Any], tenant_id: UUID = EVERYONE, *, before: UUID | None = None, limit: int = 50
) -> list[Backfill]:
    """Requests of a tenant (or those for everybody), newest first; `before`: the last one of the page before."""
    async with connection.cursor(row_factory=class_row(Backfill)) as cursor:
        values = {"tenant_id": tenant_id, "before": before, "limit": limit}
        await cursor.execute(_QUERIES["list_backfills"], values)
        return await cursor.fetchall()


async def open_backfills(connection: AsyncConnection[Any]) -> list[Backfill]:
    """Every request that is not over, oldest first."""
    async with connection.cursor(row_factory=class_row(Backfill)) as cursor:
        await cursor.execute(_QUERIES["open_backfills"])
        return await cursor.fetchall()


async def begin_backfill(connection: AsyncConnection[Any], asked: Backfill, run_id: str) -> None:
    """A run takes the request up. Raises Conflict when it is over already."""
    if await (await connection.execute(_QUERIES["begin_backfill"], {**_key(asked), "run_id": run_id})).fetchone():
        return
    message = "this backfill is over; ask for a new one"
    raise Conflict(message)


async def note_items(connection: AsyncConnection[Any], asked: Backfill, items: int, items_done: int) -> None:
    """How far a run is."""
    await connection.execute(_QUERIES["note_items"], {**_key(asked), "items": items, "items_done": items_done})


async def end_backfill(
    connection: AsyncConnection[Any], asked: Backfill, state: State, *, error_class: str | None = None
) -> bool:
    """Close a request; False when it was closed (canceled) before."""
    values = {**_key(asked), "state": state, "error_class": error_class}
    return await (await connection.execute(_QUERIES["end_backfill"], values)).fetchone() is not None


async def cancel_backfill(connection: AsyncConnection[Any], tenant_id: UUID, backfill_id: UUID) -> None:
    """Cancel an open request. What it has enqueued stays enqueued. Raises NotFound, Conflict."""
    key = {"tenant_id": tenant_id, "id": backfill_id}
    if await (await connection.execute(_QUERIES["cancel_backfill"], key)).fetchone() is None:
        state = (await get_backfill(connection, tenant_id, backfill_id)).state
        message = f"this backfill is {state}; only an open one can be canceled"
        raise Conflict(message)


def _key(asked: Backfill) -> dict[str, Any]:
    return {"tenant_id": asked.tenant_id, "id": asked.id}
