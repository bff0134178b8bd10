"""Exports and scheduled reports in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.billing.access import load_entitlements
from evosense.billing.limits import take
from evosense.db.ids import new_id
from evosense.db.named_queries import load
from evosense.errors import InvalidInput, NotFound
from evosense.exports.models import Export, ReportSchedule, State, Wanted

_QUERIES = load("evosense.exports")
EXPORT_LIVES: Final = timedelta(hours=24)
REPORT_LIVES: Final = timedelta(days=8)
_MOST_DAYS: Final = 800


async def request_export(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    wanted: Wanted,
    *,
    requested_by: str,
    schedule_id: UUID | None = None,
    now: datetime | None = None,
) -> Export:
    """Write an export down and use up one of the day's; both or neither happen with the caller's transaction.

    Raises:
        LimitReached: the plan's exports of the tenant's local day are used up.
        InvalidInput: the days are in the wrong order or too many.
    """
    _check(wanted)
    now = now or datetime.now(UTC)
    allowed = await load_entitlements(connection, tenant_id, now=now)
    await take(connection, tenant_id, "exports", allowed, now=now)
    return await add_export(
        connection,
        tenant_id,
        wanted,
        requested_by=requested_by,
        schedule_id=schedule_id,
        expires_at=now + (REPORT_LIVES if schedule_id else EXPORT_LIVES),
    )


async def add_export(
    connection: AsyncConnection[Any],
    tenant_id: UUID,
    wanted: Wanted,
    *,
    requested_by: str,
    expires_at: datetime,
    schedule_id: UUID | None = None,
    state: State = "ready",
) -> Export:
    """Write an export down without counting it."""
    export_id = new_id()
    values = {
        "tenant_id": tenant_id,
        "id": export_id,
        "dataset": wanted.dataset,
        "format": wanted.format,
        "first_day": wanted.first_day,
        "last_day": wanted.last_day,
        "state": state,
        "schedule_id": schedule_id,
        "requested_by": requested_by,
        "expires_at": expires_at,
    }
    await connection.execute(_QUERIES["add_export"], values)
    return await get_export(connection, tenant_id, export_id)


def _check(wanted: Wanted) -> None:
    days = (wanted.last_day - wanted.first_day).days
    if days < 0:
        message = "`first_day` must not be after `last_day`"
        raise InvalidInput(message)
    if days > _MOST_DAYS:
        message = f"Ask for {_MOST_DAYS} days at most; make several exports of more"
        raise InvalidInput(message)


async def get_export(connection: AsyncConnection[Any], tenant_id: UUID, export_id: UUID) -> Export:
    """An export by id. Raises NotFound."""
    async with connection.cursor(row_factory=class_row(Export)) as cursor:
        await cursor.execute(_QUERIES["get_export"], {"tenant_id": tenant_id, "id": export_id})
        found = await cursor.fetchone()
    if found is None:
        raise NotFound
    return found


async def list_exports(
    connection: AsyncConnection[Any], tenant_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> list[Export]:
    """The tenant's exports, newest first; `before`: the last one of the page before."""
    async with connection.cursor(row_factory=class_row(Export)) as cursor:
        values = {"tenant_id": tenant_id, "before": before, "limit": limit}
        await cursor.execute(_QUERIES["list_exports"], values)
        return await cursor.fetchall()


async def add_schedule(
    connection: AsyncConnection[Any], tenant_id: UUID, schedule: dict[str, Any], *, created_by: str
) -> UUID:
    """Make a report by itself from now on; `schedule` has name, dataset, format and every."""
    schedule_id = new_id()
    values = {**schedule, "tenant_id": tenant_id, "id": schedule_id, "created_by": created_by}
    await connection.execute(_QUERIES["add_schedule"], values)
    return schedule_id


async def list_schedules(connection: AsyncConnection[Any], tenant_id: UUID) -> list[ReportSchedule]:
    """The tenant's scheduled reports."""
    async with connection.cursor(row_factory=class_row(ReportSchedule)) as cursor:
        await cursor.execute(_QUERIES["list_schedules"], {"tenant_id": tenant_id})
        return await cursor.fetchall()


async def drop_schedule(connection: AsyncConnection[Any], tenant_id: UUID, schedule_id: UUID) -> None:
    """Stop a scheduled report. Raises NotFound."""
    found = await connection.execute(_QUERIES["drop_schedule"], {"tenant_id": tenant_id, "id": schedule_id})
    if await found.fetchone() is None:
        raise NotFound
