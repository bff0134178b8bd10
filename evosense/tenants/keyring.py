"""Opened keys of tenants, kept for a few seconds, so that a rotation is noticed without asking for every event."""

from __future__ import annotations

import math
import time
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.tenants.keys import MasterKey, TenantKeys
from evosense.tenants.repository import open_keys

FRESH_S: Final = 15.0


class Keyring:
    """One per process."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._opened: dict[UUID, tuple[float, TenantKeys]] = {}

    async def keys(self, connection: AsyncConnection[Any], tenant_id: UUID) -> TenantKeys:
        """The tenant's keys, at most 15 s old; the same object as long as nothing changed.

        Raises:
            NotFound: there is no such tenant.
            ConfigurationError: SECRET_KEY does not open them.
        """
        now = time.monotonic()
        known = self._opened.get(tenant_id)
        if known is not None and now - known[0] < FRESH_S:
            return known[1]
        keys = await open_keys(connection, self._master, tenant_id)
        if known is not None and known[1] == keys:
            keys = known[1]
        self._opened[tenant_id] = (now, keys)
        return keys

    def forget(self, tenant_id: UUID) -> None:
        """Read the tenant's keys again when they are asked for next."""
        known = self._opened.get(tenant_id)
        if known is not None:
            self._opened[tenant_id] = (-math.inf, known[1])
