"""KPIs as Polars frames: what exports and notebooks read, made from the same figures as the API's answers."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl
from psycopg import AsyncConnection

from evosense.metrics.models import DailyKpis
from evosense.metrics.repository import daily


async def daily_frame(connection: AsyncConnection[Any], tenant_id: UUID, from_day: date, to_day: date) -> pl.DataFrame:
    """One row per local day from `from_day` to `to_day`: every figure and what follows from it; null where unknown.

    Hashes of prompts and models are joined by a space. Raises NotFound when the tenant is not seen.
    """
    rows = [flatten(day) for day in await daily(connection, tenant_id, from_day, to_day)]
    # All rows decide a column's type: a median may be null for the first hundred days.
    return pl.DataFrame(rows, infer_schema_length=None)


def flatten(day: DailyKpis) -> dict[str, Any]:
    """A day's figures and derived figures by name."""
    row: dict[str, Any] = {
        "local_day": day.local_day,
        "active_contacts": day.active_contacts,
        "is_open": day.is_open,
    }
    for part in fields(day.kpis):
        figures = getattr(day.kpis, part.name)
        names = [one.name for one in fields(figures)]
        names += [name for name, value in vars(type(figures)).items() if isinstance(value, property)]
        row |= {name: _plain(getattr(figures, name)) for name in names}
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, tuple):
        return " ".join(str(one) for one in value)
    return value
