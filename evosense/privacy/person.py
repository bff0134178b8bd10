"""A person within a tenant: all addresses, contacts and chats, and what stands for them under every key version."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.errors import ConfigurationError
from evosense.tenants.keys import MasterKey, TenantKeys
from evosense.tenants.repository import open_keys

_QUERIES = load("evosense.privacy", "erasure.sql")
_REQUESTS = load("evosense.privacy", "requests.sql")
_BRAZILIAN_MOBILE = 13


@dataclass(frozen=True, slots=True)
class Person:
    """Who a request is about. `hmacs` maps each HMAC of each address to the key version it was made under."""

    tenant_id: UUID
    identity_ids: list[UUID]
    contact_ids: list[UUID]
    chat_ids: list[UUID]
    hmacs: dict[bytes, int]
    addresses: frozenset[str]

    @property
    def is_known(self) -> bool:
        """Anything is stored about them."""
        return bool(self.identity_ids)

    @property
    def traces(self) -> list[bytes]:
        """What a payload that names them holds: the numbers of their addresses, with and without the ninth digit."""
        found: set[str] = set()
        for address in self.addresses:
            user, _, domain = address.partition("@")
            found.add(user)
            if domain == "s.whatsapp.net" and user.startswith("55") and len(user) == _BRAZILIAN_MOBILE:
                found.add(user[:4] + user[5:])
        return [trace.encode() for trace in sorted(found)]


async def find_person(
    connection: AsyncConnection[Any], master: MasterKey, tenant_id: UUID, jid_hmacs: Sequence[bytes]
) -> tuple[Person, TenantKeys]:
    """The person behind the HMACs of a request, and the tenant's keys."""
    keys = await open_keys(connection, master, tenant_id)
    versions = await _identity_keys(connection, master, tenant_id)
    values = {"tenant_id": tenant_id, "jid_hmacs": list(jid_hmacs)}
    rows = await (await connection.execute(_QUERIES["addresses"], values)).fetchall()
    addresses = frozenset(_opened(keys, ((row[0], row[3]) for row in rows)))
    hmacs = dict.fromkeys(jid_hmacs, max(versions))
    hmacs |= {bytes(row[1]): int(row[2]) for row in rows}
    for version, key in versions.items():
        hmacs |= {hmac.new(key, address.encode(), hashlib.sha256).digest(): version for address in addresses}
    person = Person(
        tenant_id,
        identity_ids=sorted({row[0] for row in rows}),
        contact_ids=sorted({row[4] for row in rows if row[4]}),
        chat_ids=sorted({row[5] for row in rows if row[5]}),
        hmacs=hmacs,
        addresses=addresses,
    )
    return person, keys


async def _identity_keys(connection: AsyncConnection[Any], master: MasterKey, tenant_id: UUID) -> dict[int, bytes]:
    rows = await (await connection.execute(_REQUESTS["identity_keys"], {"tenant_id": tenant_id})).fetchall()
    return {version: master.unwrap(tenant_id, "identity", version, bytes(wrapped)) for version, wrapped in rows}


def _opened(keys: TenantKeys, sealed: Iterable[tuple[UUID, bytes | None]]) -> Iterable[str]:
    for identity_id, address in sealed:
        if address is None:
            continue
        try:
            yield keys.decrypt("identity", identity_id, bytes(address)).decode()
        except ConfigurationError:
            # Sealed under a key that is gone: its HMAC still finds the person.
            continue
