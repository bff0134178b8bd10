"""Who is spoken of: identities and their links, names, and proofs that two addresses are one person.

Every address starts with a chat and, if it is a person's, a contact of its own, with derived ids. What the database
knows better (a hidden address that proved to be a phone's) is asked for after the links are in, and only then the
contacts and chats are written: to whom they really belong.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from evosense.evolution.canonical import CanonicalEvent
from evosense.messages.batch import Batch, ChatRow, ContactRow, IdentityRow, LinkRow, Name, PairRow
from evosense.messages.identities import AddressBook, Identity
from evosense.messages.models import Recipient

_NAMES_KEPT: Final = 20_000
_MAX_NAME: Final = 160


class Linked(NamedTuple):
    """Whom and which thread an address stands for today."""

    contact_id: UUID | None
    chat_id: UUID


class Known(NamedTuple):
    """What is stored of an address: a row of query `known_people`."""

    identity_id: UUID
    contact_id: UUID | None
    chat_id: UUID
    since: datetime
    name_digest: bytes | None
    name_at: datetime | None


class People:
    """Adds the rows about people to a batch."""

    def __init__(self, book: AddressBook) -> None:
        self._book = book
        self._sealed_names: OrderedDict[tuple[UUID, str], tuple[bytes, bytes]] = OrderedDict()

    def chat(self, batch: Batch, recipient: Recipient, event: CanonicalEvent) -> Identity:
        """The identity of the event's chat, with its other addresses. The event must have a chat."""
        seen_at = event.sent_at or event.received_at
        chat = self.register(batch, recipient, event.chat_jid or "", seen_at)
        for address in event.chat_alt_jids:
            self.register(batch, recipient, address, seen_at)
        return chat

    def author(self, batch: Batch, recipient: Recipient, event: CanonicalEvent, chat: Identity) -> Identity | None:
        """The identity of who wrote, None for the company itself; keeps the name that came along."""
        if event.from_me is True or event.author_jid is None:
            return None
        author, seen_at = chat, event.sent_at or event.received_at
        if event.author_jid != event.chat_jid:
            author = self.register(batch, recipient, event.author_jid, seen_at)
            for address in event.author_alt_jids:
                self.register(batch, recipient, address, seen_at)
        if event.push_name:
            batch.add_name(author.id, Name(event.push_name[:_MAX_NAME], seen_at))
        return author

    def contact(self, batch: Batch, recipient: Recipient, event: CanonicalEvent, raw_id: UUID) -> None:
        """A name that the server tells without a message."""
        del raw_id
        if event.chat_jid is None or not event.push_name:
            return
        chat = self.chat(batch, recipient, event)
        batch.add_name(chat.id, Name(event.push_name[:_MAX_NAME], event.received_at))

    def pairs(self, batch: Batch, recipient: Recipient, event: CanonicalEvent) -> None:
        """What the event proves: the hidden address belongs to the phone's contact and chat."""
        for lid_address, phone_address in event.jid_pairs:
            seen_at = event.sent_at or event.received_at
            phone = self.register(batch, recipient, phone_address, seen_at)
            lid = self.register(batch, recipient, lid_address, seen_at)
            if phone.contact_id is None or lid.contact_id is None:
                continue
            batch.pairs[recipient.connection_id, lid.jid_hmac] = PairRow(
                recipient.tenant_id,
                recipient.connection_id,
                lid.jid_hmac,
                phone.contact_id,
                phone.chat_id,
                lid.contact_id,
                lid.chat_id,
            )

    def register(self, batch: Batch, recipient: Recipient, address: str, seen_at: datetime) -> Identity:
        """Make sure that an address gets its identity and link."""
        identity = self._book.identity(recipient, address)
        known = batch.identities.get(identity.id)
        if known is not None and known.first_seen_at <= seen_at:
            return identity
        batch.identities[identity.id] = IdentityRow(
            recipient.tenant_id,
            identity.id,
            recipient.connection_id,
            identity.jid_hmac,
            identity.key_version,
            identity.kind,
            identity.address_enc,
            seen_at,
        )
        batch.links[identity.id] = LinkRow(
            recipient.tenant_id,
            identity.id,
            identity.contact_id,
            identity.chat_id,
            identity.jid_hmac,
            identity.kind == "lid",
        )
        return identity

    def has_news(self, batch: Batch, identity: IdentityRow, known: Known | None) -> bool:
        """Whether the batch tells anything of an address that is not stored yet; True in doubt."""
        if known is None or identity.first_seen_at < known.since:
            return True
        pair = batch.pairs.get((identity.connection_id, identity.jid_hmac))
        if pair is not None and (pair.contact_id, pair.chat_id) != (known.contact_id, known.chat_id):
            return True
        name = batch.names.get(identity.id)
        if name is None or known.contact_id is None:
            return False
        digest, _ = self._seal(batch.recipients[identity.connection_id], known.contact_id, name.text)
        return known.name_at is None or digest != known.name_digest or name.at < known.name_at

    def contacts_and_chats(
        self, batch: Batch, identities: Iterable[IdentityRow], linked: Mapping[UUID, Linked]
    ) -> tuple[list[ContactRow], list[ChatRow]]:
        """The rows of contacts and chats of these addresses of a batch, each once, with the newest name.

        `linked` tells by identity what the database knows better than the derived ids.
        """
        contacts: dict[tuple[UUID, UUID], ContactRow] = {}
        chats: dict[UUID, ChatRow] = {}
        for identity in identities:
            own = batch.links[identity.id]
            contact_id, chat_id = linked.get(identity.id) or Linked(own.contact_id, own.chat_id)
            chat = ChatRow(
                identity.tenant_id, chat_id, identity.connection_id, _chat_kind(identity.kind), identity.first_seen_at
            )
            known = chats.get(chat_id)
            if known is None or chat.created_at < known.created_at:
                chats[chat_id] = chat
            if contact_id is not None:
                row = self._contact(batch, identity, contact_id)
                other = contacts.get((identity.tenant_id, contact_id))
                contacts[identity.tenant_id, contact_id] = _merged(row, other) if other else row
        return list(contacts.values()), list(chats.values())

    def _contact(self, batch: Batch, identity: IdentityRow, contact_id: UUID) -> ContactRow:
        name = batch.names.get(identity.id)
        if name is None:
            return ContactRow(identity.tenant_id, contact_id, identity.first_seen_at, None, None, None)
        recipient = batch.recipients[identity.connection_id]
        digest, sealed = self._seal(recipient, contact_id, name.text)
        return ContactRow(identity.tenant_id, contact_id, identity.first_seen_at, sealed, digest, name.at)

    def _seal(self, recipient: Recipient, contact_id: UUID, name: str) -> tuple[bytes, bytes]:
        """(digest, ciphertext) of a name; remembered, because the same name comes with every message."""
        key = (contact_id, name)
        known = self._sealed_names.get(key)
        if known is None:
            raw = name.encode()
            # The oldest key: the same name has to stay the same name over a rotation.
            key_of_names = recipient.keys.oldest_identity
            digest = hmac.digest(key_of_names, b"name\x1f" + contact_id.bytes + raw, hashlib.sha256)[:8]
            known = self._sealed_names[key] = (digest, recipient.keys.encrypt("contact", contact_id, raw))
            if len(self._sealed_names) > _NAMES_KEPT:
                self._sealed_names.popitem(last=False)
        return known


def _chat_kind(identity_kind: str) -> str:
    return "individual" if identity_kind in ("phone", "lid") else identity_kind


def _merged(row: ContactRow, other: ContactRow) -> ContactRow:
    better = row if _name_rank(row) > _name_rank(other) else other
    name_at = better.name_at
    if row.name_digest == other.name_digest and row.name_at and other.name_at:
        name_at = min(row.name_at, other.name_at)
    first_seen_at = min(row.first_seen_at, other.first_seen_at)
    return better._replace(first_seen_at=first_seen_at, name_at=name_at)


def _name_rank(row: ContactRow) -> tuple[bool, float, bytes]:
    return (row.name_at is not None, row.name_at.timestamp() if row.name_at else 0.0, row.name_digest or b"")
