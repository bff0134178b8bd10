"""Addresses become ids: HMACs that stand for an address within a tenant, and ids derived from them.

An identity is an address on a connection; it belongs to a chat of that connection and, for people, to a contact of
the tenant. The ids are derived, not drawn: whichever process sees an address first, and in whatever order events
come, identity, chat and contact get the same ids without a look-up. They are HMACs under the tenant's key, so an id
tells nothing about the address. A hidden address (@lid) starts as a person of its own and is linked to the phone's
contact and chat by the first event that shows both.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec

from evosense.evolution.jids import JidKind, parse_jid
from evosense.messages.models import Recipient

_VERSION_8: Final = 8 << 76
_VARIANT: Final = 0b10 << 62
_KEEP: Final = ~((0xF << 76) | (0b11 << 62))
_IDENTITY_KINDS: Final = {JidKind.STATUS: "broadcast"}
_CHAT_KINDS: Final = {
    JidKind.PHONE: "individual",
    JidKind.LID: "individual",
    JidKind.GROUP: "group",
    JidKind.BROADCAST: "broadcast",
    JidKind.STATUS: "broadcast",
    JidKind.NEWSLETTER: "newsletter",
    JidKind.OTHER: "other",
}


class Identity(msgspec.Struct, frozen=True, gc=False):
    """An address on a connection with the ids derived from it.

    `contact_id` is None for groups and lists; `address_enc` is the address for replying, encrypted; `key_version` is
    the version of the identity key that all of it is derived with.
    """

    id: UUID
    chat_id: UUID
    contact_id: UUID | None
    jid_hmac: bytes
    kind: str
    chat_kind: str
    address_enc: bytes
    key_version: int


class AddressBook:
    """Derives identities and remembers the latest ones, least recently used ones go first.

    Where a tenant has several identity keys, the one that an address is known under has to be settled first
    (`unsettled`, `settle`); without that it is taken for new.
    """

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._known: OrderedDict[tuple[UUID, str], Identity] = OrderedDict()
        self._versions: OrderedDict[tuple[UUID, str], int] = OrderedDict()

    def unsettled(self, recipient: Recipient, addresses: Iterable[str]) -> set[str]:
        """Those of the addresses for which it has to be asked under which key they are known."""
        if not recipient.keys.former:
            return set()
        return {
            address
            for address in addresses
            if (recipient.tenant_id, address) not in self._versions
            and (recipient.connection_id, address) not in self._known
        }

    def settle(self, tenant_id: UUID, address: str, version: int) -> None:
        """An address of a tenant is known under this version of the identity key."""
        self._versions[tenant_id, address] = version
        if len(self._versions) > self._size:
            self._versions.popitem(last=False)

    def identity(self, recipient: Recipient, address: str) -> Identity:
        """The identity of a canonical address on the recipient's connection."""
        key = (recipient.connection_id, address)
        found = self._known.get(key)
        if found is None:
            newest = recipient.keys.identity_version
            version = self._versions.get((recipient.tenant_id, address), newest)
            found = self._known[key] = _derive(recipient, address, version)
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return found


def _derive(recipient: Recipient, address: str, version: int) -> Identity:
    keys = recipient.keys
    secret = keys.identity_key(version)
    jid = parse_jid(address)
    kind = jid.kind if jid else JidKind.OTHER
    digest = keys.address_hmac(address, version)
    place = recipient.connection_id.bytes + digest
    identity_id = _id(secret, b"identity", place)
    is_person = kind in (JidKind.PHONE, JidKind.LID)
    return Identity(
        id=identity_id,
        chat_id=_id(secret, b"chat", place),
        contact_id=_id(secret, b"contact", digest) if is_person else None,
        jid_hmac=digest,
        kind=_IDENTITY_KINDS.get(kind, kind.value),
        chat_kind=_CHAT_KINDS[kind],
        address_enc=keys.encrypt("identity", identity_id, address.encode()),
        key_version=version,
    )


def _id(key: bytes, purpose: bytes, value: bytes) -> UUID:
    """A UUID of version 8 (RFC 9562: custom) from an HMAC."""
    digest = hmac.digest(key, purpose + b"\x1f" + value, hashlib.sha256)
    return UUID(int=(int.from_bytes(digest[:16], "big") & _KEEP) | _VERSION_8 | _VARIANT)
