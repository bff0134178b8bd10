"""Canonical events become rows. Pure: no database, no clock of its own.

Rules:
- a message is (connection, key.id, fromMe); its chat and author are identities, phone before hidden address;
- direction: fromMe tells; the raw gateway may not know it;
- sent_at is WhatsApp's time of the message; before 2009 or more than a day ahead of receipt it can't be true, so
  the time of receipt stands in and is marked `received`; what a history tells is marked `backfill`;
- personal data is replaced by tokens before any text becomes a row; the original is kept, encrypted, only where the
  plan stores raw text and something was replaced;
- the author of our own messages is the company, so no identity is kept for it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from evosense.db.ids import new_id
from evosense.evolution.canonical import CanonicalEvent
from evosense.messages.batch import (
    Batch,
    BodyRow,
    ChangeRow,
    MessageRow,
    Place,
    RawRow,
)
from evosense.messages.identities import AddressBook, Identity
from evosense.messages.kinds import message_type
from evosense.messages.media import media_row
from evosense.messages.models import Heard, Recipient
from evosense.messages.people import People
from evosense.messages.raw_events import raw_data, raw_digest, seal
from evosense.messages.repeats import Repeats
from evosense.redaction import VERSION, redact

_FIRST_WHATSAPP: Final = datetime(2009, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=1)
_MAX_ID: Final = 256  # longer ids don't fit an index and no client makes them
Blocked = frozenset[tuple[UUID, bytes]]


class Normaliser:
    """Turns what was heard into a batch of rows."""

    def __init__(self, book: AddressBook) -> None:
        self._book = book
        self.people = People(book)
        self._writers: dict[str, Callable[[Batch, Recipient, CanonicalEvent, UUID], None]] = {
            "message": self._message,
            "reaction": self._reaction,
            "edit": self._edit,
            "delete": self._delete,
            "status": self._status,
            "contact": self.people.contact,
        }

    def batch(self, heard: list[Heard], blocked: Blocked = frozenset(), stored: Repeats | None = None) -> Batch:
        """The rows of all of `heard`.

        Args:
            heard: what was heard.
            blocked: (tenant, address HMAC) of people whose events are refused.
            stored: raw events that get no row again.
        """
        batch = Batch()
        for item in heard:
            self._add(batch, item, blocked, stored)
        return batch

    def address_hmacs(self, heard: list[Heard]) -> set[tuple[UUID, bytes]]:
        """(tenant, HMAC) of every address spoken of, under every version of the identity key."""
        return {
            (item.recipient.tenant_id, digest)
            for item in heard
            for event in item.events
            for address in addresses_of(event)
            for digest in self._hmacs(item.recipient, address)
        }

    def _hmacs(self, recipient: Recipient, address: str) -> Collection[bytes]:
        if recipient.keys.former:
            return recipient.keys.address_hmacs(address).values()
        return (self._book.identity(recipient, address).jid_hmac,)

    def _add(self, batch: Batch, heard: Heard, blocked: Blocked, stored: Repeats | None) -> None:
        recipient = heard.recipient
        kept = [event for event in heard.events if self._is_welcome(recipient, event, blocked)]
        batch.refused += len(heard.events) - len(kept)
        batch.recipients[recipient.connection_id] = recipient
        kept = [event for event in kept if event.event_kind != "presence.update"]
        if not kept:
            return
        raw_id = heard.raw_id or heard.id
        for event in kept:
            self.people.pairs(batch, recipient, event)
            writer = self._writers.get(event.action)
            if writer is not None:
                writer(batch, recipient, event, raw_id)
        if heard.raw_id is None and (row := self._raw(heard, kept, raw_id, stored)) is not None:
            batch.raws.append(row)
        last = batch.last_heard.get(recipient.connection_id)
        if last is None or kept[0].received_at > last:
            batch.last_heard[recipient.connection_id] = kept[0].received_at

    def _is_welcome(self, recipient: Recipient, event: CanonicalEvent, blocked: Blocked) -> bool:
        if blocked:
            hmacs = (digest for address in addresses_of(event) for digest in self._hmacs(recipient, address))
            if any((recipient.tenant_id, digest) in blocked for digest in hmacs):
                return False
        if event.action != "message" or event.sent_at is None:
            return True
        sent_at, _ = when(event)
        return sent_at >= event.received_at - timedelta(days=recipient.retention_days)

    def _raw(self, heard: Heard, events: list[CanonicalEvent], raw_id: UUID, stored: Repeats | None) -> RawRow | None:
        """The event as it was heard; None for one that is stored already."""
        recipient, first = heard.recipient, events[0]
        kind, day = first.event_kind, first.received_at.date()
        data = raw_data(events)
        # The gateway's messages carry no id, so equal ones are not repeats.
        digest = raw_id.bytes if first.synthetic else raw_digest(kind, data)
        if stored is not None and stored.knows(day, recipient.connection_id, digest):
            return None
        ids = {event.message_id for event in events if event.message_id}
        chats = {self._book.identity(recipient, event.chat_jid).jid_hmac for event in events if event.chat_jid}
        return RawRow(
            recipient.tenant_id,
            day,
            raw_id,
            recipient.connection_id,
            digest,
            kind,
            heard.transport,
            text_array(sorted(ids)),
            "{" + ",".join(f'"\\\\x{chat.hex()}"' for chat in sorted(chats)) + "}",
            seal(recipient.keys, raw_id, kind, recipient.instance, data),
            first.received_at,
        )

    def _message(self, batch: Batch, recipient: Recipient, event: CanonicalEvent, raw_id: UUID) -> None:
        external_id = f"raw:{raw_id}" if event.synthetic else event.message_id
        if external_id is None or len(external_id) > _MAX_ID or event.chat_jid is None:
            return
        chat = self.people.chat(batch, recipient, event)
        author = self.people.author(batch, recipient, event, chat)
        sent_at, source = when(event)
        message_id = new_id()
        text, original = self._redacted(recipient, chat, event.text, "message_body", message_id)
        kind = message_type(event.type)
        row = MessageRow(
            recipient.tenant_id,
            message_id,
            recipient.connection_id,
            external_id,
            # A synthetic id stands for one message alone, also where its direction is learned later.
            event.from_me is True and not event.synthetic,
            {True: "out", False: "in", None: "unknown"}[event.from_me],
            chat.id,
            author.id if author else None,
            chat.chat_kind,
            kind,
            event.quoted_id[:_MAX_ID] if event.quoted_id else None,
            sent_at,
            source,
            event.received_at,
            event.synthetic,
        )
        body = BodyRow(recipient.tenant_id, message_id, text, original, VERSION)
        batch.add_message(row, body, media_row(recipient, event, message_id, kind))
        if event.event_kind == "send.message":
            batch.sent_by_api.add(Place(recipient.tenant_id, recipient.connection_id, external_id))

    def _redacted(
        self, recipient: Recipient, chat: Identity, text: str | None, table: str, row_id: UUID
    ) -> tuple[str | None, bytes | None]:
        """The text to store, and the original's ciphertext where the plan keeps it and they differ."""
        if not text:
            return None, None
        # Under the chat's own key, so that a value has the same token before and after a rotation.
        redacted = redact(text, recipient.keys.identity_key(chat.key_version), chat.jid_hmac)
        if not redacted.findings or not recipient.store_raw_text:
            return redacted.text, None
        return redacted.text, recipient.keys.encrypt(table, row_id, text.encode())

    def _reaction(self, batch: Batch, recipient: Recipient, event: CanonicalEvent, raw_id: UUID) -> None:
        del raw_id
        if event.chat_jid is None:
            return
        chat = self.people.chat(batch, recipient, event)
        author = self.people.author(batch, recipient, event, chat)
        mark = f"{event.message_id}"
        self._change(batch, recipient, event, event.reaction_target_id, "reaction", mark, author, text=event.text or "")

    def _edit(self, batch: Batch, recipient: Recipient, event: CanonicalEvent, raw_id: UUID) -> None:
        del raw_id
        if event.chat_jid is None:
            return
        chat = self.people.chat(batch, recipient, event)
        # Of one edit there are up to three reports: two live ones, of which one tells no time, and the history's, in
        # whole seconds. Equal text and second make them one; the timeless one is matched when the body is settled.
        second = int(event.changed_at.timestamp()) if event.changed_at else None
        mark = f"{second}\x1f{event.text}"
        row_id = new_id()
        text, original = self._redacted(recipient, chat, event.text, "message_event", row_id)
        self._change(
            batch, recipient, event, event.edited_of, "edit", mark, None, text=text, original=original, row_id=row_id
        )

    def _delete(self, batch: Batch, recipient: Recipient, event: CanonicalEvent, raw_id: UUID) -> None:
        del raw_id
        self._change(batch, recipient, event, event.message_id, "delete", "", None)

    def _status(self, batch: Batch, recipient: Recipient, event: CanonicalEvent, raw_id: UUID) -> None:
        del raw_id
        member = None
        if event.author_jid is not None and event.chat_jid is not None and event.author_jid != event.chat_jid:
            member = self.people.register(batch, recipient, event.author_jid, event.received_at)
        mark = f"{event.status}\x1f{member.id if member else ''}"
        self._change(batch, recipient, event, event.message_id, "status", mark, member, status=event.status)

    def _change(
        self,
        batch: Batch,
        recipient: Recipient,
        event: CanonicalEvent,
        target: str | None,
        kind: str,
        mark: str,
        author: Identity | None,
        *,
        status: str | None = None,
        text: str | None = None,
        original: bytes | None = None,
        row_id: UUID | None = None,
    ) -> None:
        if target is None or len(target) > _MAX_ID:
            return
        # Keyed, because the text of a short edit could be guessed from a plain hash.
        secret = recipient.keys.oldest_identity  # a repetition after a rotation is still one
        digest = hmac.digest(secret, f"{kind}\x1f{mark}".encode("utf-8", "replace"), hashlib.sha256)
        told = event.changed_at
        source = "received" if told is None else "backfill" if event.history else "live"
        batch.add_change(
            ChangeRow(
                recipient.tenant_id,
                row_id or new_id(),
                recipient.connection_id,
                target,
                kind,
                digest,
                author.id if author else None,
                status[:40] if status else None,
                text,
                original,
                told or event.received_at,
                source,
                event.received_at,
            )
        )


def when(event: CanonicalEvent) -> tuple[datetime, str]:
    """The message's time and where it is from: live, backfill or received."""
    sent_at = event.sent_at
    if sent_at is None or sent_at < _FIRST_WHATSAPP or sent_at > event.received_at + _AHEAD:
        return event.received_at, "received"
    return sent_at, "backfill" if event.history else "live"


def addresses_of(event: CanonicalEvent) -> list[str]:
    """Every address that an event speaks of, except the account's own."""
    found = [event.chat_jid] if event.chat_jid else []
    found += event.chat_alt_jids
    if event.author_jid and event.from_me is not True:
        found.append(event.author_jid)
        found += event.author_alt_jids
    for pair in event.jid_pairs:
        found += pair
    return found


def text_array(values: list[str]) -> str:
    """A Postgres literal of text[]."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
