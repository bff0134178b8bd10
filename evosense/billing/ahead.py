"""What time alone is going to do, told while something can be done about it: a trial that ends, data to be erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing.notices import Notice, add_notice
from evosense.billing.state import Standing

# Stripe tells three days before a trial of its own ends; so do we of ours.
_TRIAL: Final = timedelta(days=3)
_PURGE: Final = timedelta(days=7)


def ahead(standing: Standing, now: datetime) -> Iterator[Notice]:
    """What is about to happen to who stands so. Pure."""
    ends_at = standing.changes_at if standing.banner == "trial" else None
    if ends_at is not None and now < ends_at <= now + _TRIAL:
        yield Notice("trial_ending", f"own:{ends_at.date()}", now)
    purge_at = standing.purge_after
    if purge_at is not None and now < purge_at <= now + _PURGE:
        yield Notice("purge_soon", f"{purge_at.date()}", now, {"purge_after": purge_at.isoformat()})


async def tell_ahead(connection: AsyncConnection[Any], tenant_id: UUID, standing: Standing, now: datetime) -> None:
    """Tell it, each matter once."""
    for notice in ahead(standing, now):
        await add_notice(connection, tenant_id, notice)
