"""The rows of one flush, gathered table by table and without repeats, ready to be sent as arrays."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from evosense.messages.models import Recipient

MessageKey = tuple[UUID, str, bool]


class Place(NamedTuple):
    """Where a message is, whoever it is from."""

    tenant_id: UUID
    connection_id: UUID
    external_id: str


class LastHeard(NamedTuple):
    """When a connection was last heard."""

    tenant_id: UUID
    connection_id: UUID
    at: datetime


class RawRow(NamedTuple):
    """raw.evolution_event. `external_ids` and `chat_hmacs` are array literals."""

    tenant_id: UUID
    received_day: date
    id: UUID
    connection_id: UUID
    digest: bytes
    event: str
    transport: str
    external_ids: str
    chat_hmacs: str
    payload: bytes
    received_at: datetime


class IdentityRow(NamedTuple):
    """app.identity."""

    tenant_id: UUID
    id: UUID
    connection_id: UUID
    jid_hmac: bytes
    key_version: int
    kind: str
    address_enc: bytes
    first_seen_at: datetime


class Name(NamedTuple):
    """What a person called themselves at a time."""

    text: str
    at: datetime


class ContactRow(NamedTuple):
    """app.contact. The name is None when nothing says it."""

    tenant_id: UUID
    id: UUID
    first_seen_at: datetime
    name_enc: bytes | None
    name_digest: bytes | None
    name_at: datetime | None


class ChatRow(NamedTuple):
    """app.chat."""

    tenant_id: UUID
    id: UUID
    connection_id: UUID
    kind: str
    created_at: datetime


class LinkRow(NamedTuple):
    """app.identity_link of an address that was linked to nothing before."""

    tenant_id: UUID
    identity_id: UUID
    contact_id: UUID | None
    chat_id: UUID
    jid_hmac: bytes
    is_lid: bool


class PairRow(NamedTuple):
    """A proof that a hidden address is a phone: what the hidden one's links become, and what they were by default."""

    tenant_id: UUID
    connection_id: UUID
    lid_hmac: bytes
    contact_id: UUID
    chat_id: UUID
    lone_contact_id: UUID
    lone_chat_id: UUID


class MessageRow(NamedTuple):
    """app.message."""

    tenant_id: UUID
    id: UUID
    connection_id: UUID
    external_id: str
    from_me: bool
    direction: str
    chat_identity_id: UUID
    author_identity_id: UUID | None
    chat_kind: str
    type: str
    quoted_external_id: str | None
    sent_at: datetime
    sent_at_source: str
    received_at: datetime
    is_synthetic: bool

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.tenant_id, self.connection_id, self.external_id)


class BodyRow(NamedTuple):
    """app.message_body as it is first written."""

    tenant_id: UUID
    message_id: UUID
    text: str | None
    original_enc: bytes | None
    redaction_version: int


class MediaRow(NamedTuple):
    """app.media_ref."""

    tenant_id: UUID
    message_id: UUID
    kind: str
    mimetype: str | None
    size_bytes: int | None
    duration_seconds: int | None
    locator_enc: bytes


class OriginRow(NamedTuple):
    """app.message_origin of a message that was sent through the API."""

    tenant_id: UUID
    message_id: UUID


class ChangeRow(NamedTuple):
    """app.message_event."""

    tenant_id: UUID
    id: UUID
    connection_id: UUID
    external_id: str
    kind: str
    digest: bytes
    author_identity_id: UUID | None
    status: str | None
    text: str | None
    original_enc: bytes | None
    occurred_at: datetime
    occurred_at_source: str
    received_at: datetime


_SOURCE_RANK = {"received": 0, "backfill": 1, "live": 2}


class Batch:
    """Rows of one flush. Dictionaries keep the first or the better of rows that fall together."""

    def __init__(self) -> None:
        self.raws: list[RawRow] = []
        self.identities: dict[UUID, IdentityRow] = {}
        self.names: dict[UUID, Name] = {}
        self.links: dict[UUID, LinkRow] = {}
        self.pairs: dict[tuple[UUID, bytes], PairRow] = {}
        self.messages: dict[MessageKey, MessageRow] = {}
        self.bodies: dict[MessageKey, BodyRow] = {}
        self.media: dict[MessageKey, MediaRow] = {}
        self.sent_by_api: set[Place] = set()
        self.changes: dict[tuple[UUID, str, str, bytes], ChangeRow] = {}
        self.recipients: dict[UUID, Recipient] = {}
        self.last_heard: dict[UUID, datetime] = {}
        self.refused = 0

    def add_message(self, row: MessageRow, body: BodyRow, media: MediaRow | None) -> None:
        """Add a message; of two renderings in one flush the one with the better time stays."""
        key = (row.connection_id, row.external_id, row.from_me)
        known = self.messages.get(key)
        if known is not None and _SOURCE_RANK[known.sent_at_source] >= _SOURCE_RANK[row.sent_at_source]:
            return
        self.messages[key] = row
        self.bodies[key] = body
        self.media.pop(key, None)
        if media is not None:
            self.media[key] = media

    def add_change(self, row: ChangeRow) -> None:
        """Add an edit, deletion, status or reaction; a told time goes before that of hearing, later before earlier."""
        key = (row.connection_id, row.external_id, row.kind, row.digest)
        known = self.changes.get(key)
        if known is None or _precedence(row) > _precedence(known):
            self.changes[key] = row

    def add_name(self, identity_id: UUID, name: Name) -> None:
        """Keep the newest name of an address, with the time since when it is so called."""
        known = self.names.get(identity_id)
        if known is not None and known.text == name.text:
            name = Name(name.text, min(name.at, known.at))
        elif known is not None and (name.at, name.text) < (known.at, known.text):
            return
        self.names[identity_id] = name

    def edited(self) -> set[Place]:
        """Messages that were edited or deleted."""
        return {
            Place(row.tenant_id, row.connection_id, row.external_id)
            for row in self.changes.values()
            if row.kind in ("edit", "delete")
        }


def _precedence(row: ChangeRow) -> tuple[bool, datetime]:
    return (row.occurred_at_source != "received", row.occurred_at)
