"""Whether the person behind a token still is who it says.

A token is good for ten minutes by itself; somebody who was deactivated, removed or given another role meanwhile must
not keep the old rights for so long. The answer is remembered for seconds, so most requests ask nothing.
"""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

from evosense.db.database import AsyncPool
from evosense.db.tenancy import tenant_transaction
from evosense.errors import NotAuthenticated, NotFound
from evosense.tenants.access_tokens import Access
from evosense.tenants.people import get_colleague

_REMEMBERED_SECONDS: Final = 5.0
_MOST_REMEMBERED: Final = 10_000
_CHANGED: Final = "This access has ended or its role has changed; get a new token from POST /api/auth/refresh"


class Principals:
    """Roles by person. A change takes effect within `remembered_seconds` in every process."""

    def __init__(self, pool: AsyncPool, *, remembered_seconds: float = _REMEMBERED_SECONDS) -> None:
        self._pool = pool
        self._seconds = remembered_seconds
        self._roles: dict[tuple[UUID, UUID], tuple[str | None, float]] = {}

    async def require(self, access: Access) -> None:
        """Raise NotAuthenticated unless the person may still log in, in the role that the token names."""
        key = (access.tenant_id, access.user_id)
        known = self._roles.get(key)
        if known is None or known[1] <= time.monotonic():
            role = await self._role(access)
            if len(self._roles) >= _MOST_REMEMBERED:
                self._roles.clear()
            known = self._roles[key] = (role, time.monotonic() + self._seconds)
        if known[0] != access.role:
            raise NotAuthenticated(_CHANGED)

    async def _role(self, access: Access) -> str | None:
        async with tenant_transaction(self._pool, access.actor) as connection:
            try:
                person = await get_colleague(connection, access.tenant_id, access.user_id)
            except NotFound:
                return None
        return person.role if person.is_active else None
