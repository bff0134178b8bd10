"""Reports that are due: each becomes an export of the period that is over, counted against the day's limit."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from evosense.billing.limits import LimitReached
from evosense.db.database import AsyncPool
from evosense.db.named_queries import load
from evosense.exports.models import State, Wanted
from evosense.exports.repository import REPORT_LIVES, add_export, request_export

_QUERIES = load("evosense.exports")


async def make_due_reports(pool: AsyncPool, now: datetime) -> Counter[State]:
    """Make every report whose latest day, week or month is over in its tenant's calendar; each period once."""
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERIES["due_schedules"], {"now": now})
        due = await cursor.fetchall()
    made: Counter[State] = Counter()
    for schedule in due:
        state = await _make(pool, schedule, now)
        if state:
            made[state] += 1
    return made


async def _make(pool: AsyncPool, schedule: dict[str, Any], now: datetime) -> State | None:
    tenant_id, schedule_id = schedule["tenant_id"], schedule["id"]
    wanted = Wanted(schedule["dataset"], schedule["format"], schedule["first_day"], schedule["last_day"])
    key = {"tenant_id": tenant_id, "id": schedule_id, "last_day": wanted.last_day}
    by = f"schedule:{schedule_id}"
    async with pool.connection() as connection, connection.transaction():
        if await (await connection.execute(_QUERIES["claim_period"], key)).fetchone() is None:
            return None
        try:
            async with connection.transaction():
                export = await request_export(
                    connection, tenant_id, wanted, requested_by=by, schedule_id=schedule_id, now=now
                )
        except LimitReached:
            export = await add_export(
                connection,
                tenant_id,
                wanted,
                requested_by=by,
                schedule_id=schedule_id,
                expires_at=now + REPORT_LIVES,
                state="refused",
            )
        return export.state
