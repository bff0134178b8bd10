"""What grows beyond a plan by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing.access import load_entitlements
from evosense.billing.limits import over_limits
from evosense.billing.notices import Notice, add_notice


async def tell_over_limits(connection: AsyncConnection[Any], tenant_id: UUID, now: datetime) -> None:
    """Tell, once a month, what stands above the plan's limits by itself: contacts come with messages.

    No message is ever turned away for it; connections and people can't get there but by a smaller plan.
    """
    allowed = await load_entitlements(connection, tenant_id, now=now)
    over = await over_limits(connection, tenant_id, allowed)
    if "contacts" in over and allowed.standing.access == "full":
        used, limit = over["contacts"]
        detail = {"contacts": {"used": used, "limit": limit}}
        await add_notice(connection, tenant_id, Notice("over_limit", f"contacts:{now:%Y-%m}", now, detail))
