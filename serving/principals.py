"""Whether the person behind a token still is who it says, and who is behind an API key.

A token is good for ten minutes by itself; somebody who was deactivated, removed or given another role meanwhile must
not keep the old rights for so long. Answers are remembered for seconds, so most requests ask nothing.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar
from uuid import UUID

from evosense.billing.access import load_entitlements
from evosense.billing.entitlements import ProductNotIncluded
from evosense.db.database import AsyncPool
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.errors import NotAuthenticated, NotFound
from evosense.tenants.access_tokens import Access
from evosense.tenants.api_keys import PREFIX, use_key
from evosense.tenants.opaque_tokens import digest, tenant_of
from evosense.tenants.people import get_colleague

REMEMBERED_SECONDS: Final = 5.0
_MOST_REMEMBERED: Final = 10_000
_API: Final = "api"
_CHANGED: Final = "This access has ended or its role has changed; get a new token from POST /api/auth/refresh"

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Remembered(Generic[_Key, _Value]):
    """What was found for a key, for `seconds`. Failures are not kept."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._found: dict[_Key, tuple[_Value, float]] = {}

    async def get(self, key: _Key, find: Callable[[], Awaitable[_Value]]) -> _Value:
        """What `find` answered for `key` lately, or answers now."""
        known = self._found.get(key)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        value = await find()
        if len(self._found) >= _MOST_REMEMBERED:
            self._found.clear()
        self._found[key] = (value, time.monotonic() + self.seconds)
        return value


class Principals:
    """People and keys. A change takes effect within `remembered_seconds` in every process."""

    def __init__(self, pool: AsyncPool, *, remembered_seconds: float = REMEMBERED_SECONDS) -> None:
        self._pool = pool
        self._roles: Remembered[tuple[UUID, UUID], str | None] = Remembered(remembered_seconds)
        self._keys: Remembered[bytes, Actor] = Remembered(remembered_seconds)

    def remember_for(self, seconds: float) -> None:
        """Let changes take effect sooner or later than by default."""
        self._roles.seconds = self._keys.seconds = seconds

    async def require(self, access: Access) -> None:
        """Raise NotAuthenticated unless the person may still log in, in the role that the token names."""
        role = await self._roles.get((access.tenant_id, access.user_id), lambda: self._role(access))
        if role != access.role:
            raise NotAuthenticated(_CHANGED)

    async def by_key(self, key: str) -> Actor:
        """Who acts by an API key.

        Raises:
            NotAuthenticated: unknown, revoked or expired.
            ProductNotIncluded: the company's plan has no API.
        """
        tenant_id = tenant_of(key, PREFIX)
        return await self._keys.get(digest(key), lambda: self._key_actor(tenant_id, key))

    async def _role(self, access: Access) -> str | None:
        async with tenant_transaction(self._pool, access.actor) as connection:
            try:
                person = await get_colleague(connection, access.tenant_id, access.user_id)
            except NotFound:
                return None
        return person.role if person.is_active else None

    async def _key_actor(self, tenant_id: UUID, key: str) -> Actor:
        async with tenant_transaction(self._pool, Actor(tenant_id, None, "key_check")) as connection:
            actor = await use_key(connection, tenant_id, key)
            allowed = await load_entitlements(connection, tenant_id)
        if allowed.standing.access != "none" and _API not in allowed.products:
            raise ProductNotIncluded
        return actor
