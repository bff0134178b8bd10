"""What stands above a plan's limits: contacts grow by themselves, connections and people remain of a larger plan.

Nothing is ever turned away or switched off for it here; each meter is told once a month.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.billing.access import load_entitlements
from evosense.billing.limits import over_limits
from evosense.billing.notices import tell_over


async def tell_over_limits(connection: AsyncConnection[Any], tenant_id: UUID, now: datetime) -> None:
    """Tell what is above the limits of a tenant that may use everything."""
    allowed = await load_entitlements(connection, tenant_id, now=now)
    if allowed.standing.access == "full":
        await tell_over(connection, tenant_id, await over_limits(connection, tenant_id, allowed), now)
