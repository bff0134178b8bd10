"""What each company's subscription leaves it, asked for by every request and remembered for a few seconds."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

from evosense.billing.access import load_access
from evosense.billing.entitlements import require_reading, require_writing
from evosense.billing.models import Access
from evosense.db.database import AsyncPool
from evosense.db.tenancy import Actor, tenant_transaction

_REMEMBERED_SECONDS: Final = 5.0
_MOST_REMEMBERED: Final = 10_000


class Standings:
    """Access by company. A change takes effect within `remembered_seconds` in every process."""

    def __init__(self, pool: AsyncPool, *, remembered_seconds: float = _REMEMBERED_SECONDS) -> None:
        self._pool = pool
        self._seconds = remembered_seconds
        self._known: dict[UUID, tuple[Access, float]] = {}

    async def require(self, tenant_id: UUID, *, writing: bool) -> None:
        """Raise SubscriptionRequired, or ReadOnlyAccess for `writing`, unless the company may do that."""
        access = await self._access(tenant_id)
        if writing:
            require_writing(access)
        else:
            require_reading(access)

    async def _access(self, tenant_id: UUID) -> Access:
        known = self._known.get(tenant_id)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        async with tenant_transaction(self._pool, Actor(tenant_id, None, "standing")) as connection:
            access = await load_access(connection, tenant_id)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[tenant_id] = (access, time.monotonic() + self._seconds)
        return access
