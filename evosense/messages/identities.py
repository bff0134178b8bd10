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

    `contact_id` is None for groups and lists; `address_enc` is the address for replying, encrypted.
    """

    id: UUID
    chat_id: UUID
    contact_id: UUID | None
    jid_hmac: bytes
    kind: str
    chat_kind: str
    address_enc: bytes


class AddressBook:
    """Derives identities and remembers the latest ones, least recently used ones go first."""

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._known: OrderedDict[tuple[UUID, str], Identity] = OrderedDict()

    def identity(self, recipient: Recipient, address: str) -> Identity:
        """The identity of a canonical address on the recipient's connection."""
        key = (recipient.connection_id, address)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _derive(recipient, address)
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return found


def _derive(recipient: Recipient, address: str) -> Identity:
    keys = recipient.keys
    jid = parse_jid(address)
    kind = jid.kind if jid else JidKind.OTHER
    digest = keys.address_hmac(address)
    place = recipient.connection_id.bytes + digest
    identity_id = _id(keys.identity, b"identity", place)
    is_person = kind in (JidKind.PHONE, JidKind.LID)
    return Identity(
        id=identity_id,
        chat_id=_id(keys.identity, b"chat", place),
        contact_id=_id(keys.identity, b"contact", digest) if is_person else None,
        jid_hmac=digest,
        kind=_IDENTITY_KINDS.get(kind, kind.value),
        chat_kind=_CHAT_KINDS[kind],
        address_enc=keys.encrypt("identity", identity_id, address.encode()),
    )


def _id(key: bytes, purpose: bytes, value: bytes) -> UUID:
    """A UUID of version 8 (RFC 9562: custom) from an HMAC."""
    digest = hmac.digest(key, purpose + b"\x1f" + value, hashlib.sha256)
    return UUID(int=(int.from_bytes(digest[:16], "big") & _KEEP) | _VERSION_8 | _VARIANT)
