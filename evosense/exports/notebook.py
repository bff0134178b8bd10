"""KPIs and retention for notebooks: `ev.kpis(...)`, `ev.retention(...)`, the figures that the API answers.

Everything here blocks, as `evosense.experiments.notebook` does.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from psycopg import AsyncConnection

from evosense.db.database import AsyncPool
from evosense.errors import InvalidInput
from evosense.experiments.blocking import database_url, with_pool
from evosense.metrics.frames import daily_frame
from evosense.metrics.retention.activity import Grain, activity, period_of
from evosense.metrics.retention.cohorts import Kind, Retention, Rules, cohorts
from evosense.metrics.stitch import clock


def kpis(tenant: str | UUID, window: str, *, url: str | None = None) -> pl.DataFrame:
    """One row per local day of `window` (`2026-11-01/2026-11-14`): every KPI of the company, null where unknown.

    Raises:
        InvalidInput: The window is no two days.
        NotFound: There is no such company.
    """
    first, last = _days(window)

    async def work(pool: AsyncPool) -> pl.DataFrame:
        async with pool.connection() as connection, connection.transaction():
            return await daily_frame(connection, UUID(str(tenant)), first, last)

    return with_pool(url or database_url(), work)


def retention(
    tenant: str | UUID,
    window: str,
    *,
    grain: Grain = "week",
    kind: Kind = "on",
    periods: int = 8,
    url: str | None = None,
) -> pl.DataFrame:
    """One row per cohort that begins in `window` and period after: size, share that came back, its bounds.

    `share` is null where the period is not over or the plan no longer keeps its messages. Raises as `kpis` does.
    """
    first, last = _days(window)

    async def work(pool: AsyncPool) -> pl.DataFrame:
        async with pool.connection() as connection, connection.transaction():
            found = await _cohorts(connection, UUID(str(tenant)), (first, last), grain, Rules(kind, periods=periods))
        return pl.DataFrame(_rows(found), infer_schema_length=None)

    return with_pool(url or database_url(), work)


async def _cohorts(
    connection: AsyncConnection[Any], tenant_id: UUID, days: tuple[date, date], grain: Grain, rules: Rules
) -> Retention:
    today = (await clock(connection, tenant_id)).today
    known = await activity(connection, tenant_id, max(today, days[1]), grain)
    return cohorts(known, period_of(days[0], grain), period_of(days[1], grain), rules)


def _rows(found: Retention) -> list[dict[str, Any]]:
    return [
        {
            "cohort": cohort.starts_on,
            "size": cohort.size,
            "from_period": low,
            "to_period": high,
            "share": cell.value if cell else None,
            "low": cell.low if cell else None,
            "high": cell.high if cell else None,
        }
        for cohort in found.cohorts
        for (low, high), cell in zip(found.columns, cohort.cells, strict=True)
    ]


def _days(window: str) -> tuple[date, date]:
    try:
        first, last = (date.fromisoformat(part) for part in window.split("/"))
    except ValueError:
        message = f"a window is two days such as 2026-11-01/2026-11-14, not {window!r}"
        raise InvalidInput(message) from None
    return first, last
