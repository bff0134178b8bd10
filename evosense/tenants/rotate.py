"""Rotating keys.

The master (SECRET_KEY) only wraps tenants' keys: rotating it rewrites those few rows and no data. A tenant's own keys
get new versions: what is encrypted from then on is under the newest data key, and addresses seen for the first time are
under the newest identity key. Former versions stay, because what they encrypted, and who they stand for, stays.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.errors import ConfigurationError, NotFound
from evosense.tenants.keys import MasterKey

KeyPurpose = Literal["data", "identity"]
_QUERIES = load("evosense.tenants", "rotate.sql")
_ADD = load("evosense.tenants")["add_tenant_key"]


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How many keys there are, and how many were under the former master."""

    keys: int
    changed: int


async def rewrap_all(connection: AsyncConnection[Any], master: MasterKey) -> Rewrapped:
    """Wrap every tenant's keys with the current master. Runs in the caller's transaction: all or none.

    Raises:
        ConfigurationError: a key opens under neither SECRET_KEY nor SECRET_KEY_PREVIOUS; nothing is changed.
    """
    rows = await (await connection.execute(_QUERIES["all_keys"])).fetchall()
    changed = 0
    for tenant_id, purpose, version, wrapped in rows:
        if _is_current(master, tenant_id, purpose, version, wrapped):
            continue
        key = master.unwrap(tenant_id, purpose, version, wrapped)
        values = {
            "tenant_id": tenant_id,
            "purpose": purpose,
            "version": version,
            "wrapped_key": master.wrap(tenant_id, purpose, version, key),
        }
        await connection.execute(_QUERIES["rewrap_key"], values)
        changed += 1
    return Rewrapped(len(rows), changed)


async def add_key_version(
    connection: AsyncConnection[Any], master: MasterKey, tenant_id: UUID, purpose: KeyPurpose
) -> int:
    """Give a tenant a new key for a purpose; answers its version. Raises NotFound for an unknown tenant."""
    place = {"tenant_id": tenant_id, "purpose": purpose}
    rows = await (await connection.execute(_QUERIES["lock_keys"], place)).fetchall()
    if not rows:
        raise NotFound("there is no such company, or it has no keys")
    version = rows[-1][0] + 1
    wrapped = master.wrap(tenant_id, purpose, version, os.urandom(32))
    await connection.execute(_ADD, {**place, "version": version, "wrapped_key": wrapped})
    return version


def _is_current(master: MasterKey, tenant_id: UUID, purpose: str, version: int, wrapped: bytes) -> bool:
    try:
        MasterKey(master.current).unwrap(tenant_id, purpose, version, wrapped)
    except ConfigurationError:
        return False
    return True
