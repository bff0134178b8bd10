"""The platform's own retention: of the companies that began to pay in a month, who stayed, and what they bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from evosense.db.named_queries import load
from evosense.metrics.intervals import Interval, wilson

_QUERIES = load("evosense.platform", "retention.sql")


@dataclass(frozen=True, slots=True)
class MonthsAfter:
    """A cohort so many months after its first; None while that month is not over.

    Attributes:
        months: 0 for the month of the first paid invoice.
        logos: Share of the companies that had access when the month ended, with Wilson's interval.
        revenue_cents: Cents of BRL that they paid for the month.
        revenue: That ÷ what the cohort paid for its first month; above 1 where those who stayed pay more.
    """

    months: int
    logos: Interval | None
    revenue_cents: int | None
    revenue: float | None


@dataclass(frozen=True, slots=True)
class SignupCohort:
    """The companies whose first paid invoice is of one month."""

    signup_month: date
    companies: int
    months: list[MonthsAfter]


async def platform_retention(connection: AsyncConnection[Any]) -> list[SignupCohort]:
    """Every cohort, the oldest first; none before the warehouse was built. Asked by those who run the platform."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        found = await (await cursor.execute(_QUERIES["is_there"])).fetchone()
        if not (found and found["is_there"]):
            return []
        rows = await (await cursor.execute(_QUERIES["cohorts"])).fetchall()
    return [_cohort(month, list(cells)) for month, cells in groupby(rows, key=lambda row: row["signup_month"])]


def _cohort(month: date, rows: list[dict[str, Any]]) -> SignupCohort:
    first: int | None = rows[0]["revenue_cents"]
    return SignupCohort(month, rows[0]["tenants"], [_months_after(row, rows[0]["tenants"], first) for row in rows])


def _months_after(row: dict[str, Any], companies: int, first_cents: int | None) -> MonthsAfter:
    retained, cents = row["retained"], row["revenue_cents"]
    return MonthsAfter(
        months=row["months_after"],
        logos=None if retained is None else wilson(retained, companies),
        revenue_cents=cents,
        revenue=cents / first_cents if cents is not None and first_cents else None,
    )
