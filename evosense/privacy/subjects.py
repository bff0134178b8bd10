"""Who a request is about: a phone becomes HMACs under every version of the identity key, and is then forgotten."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.db.named_queries import load
from evosense.errors import InvalidInput, NotFound
from evosense.evolution.jids import JidKind, parse_jid
from evosense.tenants.keys import MasterKey

_QUERIES = load("evosense.privacy", "requests.sql")


def canonical_address(phone: str) -> str:
    """The address of a phone number as people write it, or of a WhatsApp address (…@lid, …@s.whatsapp.net).

    Brazilian numbers may lack the country code and the ninth digit.

    Raises:
        InvalidInput: it is no phone number and no person's address.
    """
    text = phone.strip()
    if "@" not in text:
        digits = "".join(character for character in text if character.isdigit() and character.isascii())
        is_local = not text.startswith(("+", "00")) and len(digits) in (10, 11)
        text = f"55{digits}" if is_local else digits.removeprefix("00")
    jid = parse_jid(text)
    if jid is None or jid.kind not in (JidKind.PHONE, JidKind.LID):
        message = "write the phone number with its country code, for example +55 11 91234-0000"
        raise InvalidInput(message)
    return jid.address


async def address_hmacs(
    connection: AsyncConnection[Any], master: MasterKey, tenant_id: UUID, phone: str
) -> list[bytes]:
    """What stands for the phone's address in this tenant, under every version of its identity key, oldest first.

    Raises:
        InvalidInput: it is no phone number.
        NotFound: the tenant has no keys.
    """
    address = canonical_address(phone).encode()
    rows = await (await connection.execute(_QUERIES["identity_keys"], {"tenant_id": tenant_id})).fetchall()
    if not rows:
        raise NotFound
    keys = [master.unwrap(tenant_id, "identity", version, bytes(wrapped)) for version, wrapped in rows]
    return [hmac.new(key, address, hashlib.sha256).digest() for key in keys]


async def contact_hmacs(connection: AsyncConnection[Any], tenant_id: UUID, contact_id: UUID) -> list[bytes]:
    """What stands for the addresses of a contact. Raises NotFound for an unknown one."""
    values = {"tenant_id": tenant_id, "contact_id": contact_id}
    rows = await (await connection.execute(_QUERIES["addresses_of_contact"], values)).fetchall()
    if not rows:
        raise NotFound
    return [bytes(row[0]) for row in rows]
