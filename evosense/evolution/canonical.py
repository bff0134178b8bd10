"""The canonical event: what one thing heard from a WhatsApp server means, whoever said it and how."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

Action = Literal[
    "message",  # a message that can be read, heard or seen
    "reaction",  # an emoji on a message; `text` None takes it back
    "edit",  # new text for `edited_of`
    "delete",  # `message_id` was deleted for everyone
    "status",  # `message_id` was delivered, read, played, or failed
    "contact",  # a name or picture of a person
    "chat",  # a conversation appeared, changed or went
    "group",  # a group's name or members
    "connection",  # the phone's own link to WhatsApp
    "instance",  # an instance was made, logged out or removed
    "ignored",  # known and of no use here: presence, labels, protocol housekeeping
    "unknown",  # not understood; kept raw and counted
]


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a message. `url` and `key` together decrypt it: treat both as secrets."""

    mimetype: str | None = None
    file_name: str | None = None
    size_bytes: int | None = None
    seconds: int | None = None
    url: str | None = None
    direct_path: str | None = None
    key: bytes | None = None
    sha256: bytes | None = None


class CanonicalEvent(msgspec.Struct, kw_only=True, gc=False):
    """One event. Fields that the source does not tell are None or empty.

    Attributes:
        provider: `evolution` or `raw_gateway`.
        server: the server's own name for itself (`server_url`), for people; never an identity.
        instance: the instance's name as the envelope says it; whether it may is for the listener to check.
        event_kind: the name on the wire, e.g. `messages.upsert`; `unknown` when we don't know it.
        action: what it means.
        message_id: WhatsApp's id of the message spoken of (`key.id`), unique only within the instance.
        chat_jid: address of the conversation in its canonical form, the phone's where both are told; `chat_alt_jids`
            its other addresses.
        author_jid: address of who wrote it; `author_alt_jids` the other ones.
        from_me: True when the company's own account wrote it.
        sent_at: WhatsApp's time of the message, UTC; `changed_at` the time of an edit, deletion or reaction.
        type: e.g. `conversation`, `imageMessage`, `reactionMessage`.
        text: text, caption, file name, place, emoji; None when there is nothing to read.
        jid_pairs: (hidden address, phone address) pairs of one person that this event proves.
        history: part of a history, not heard live.
        synthetic: the source gives no id, so repeats can't be told from real repetitions.
        details: state, reason, members: what an action needs beyond these fields. No personal secrets.
        raw: the item as sent, without secret fields.
        problem: why it could not be understood, for action `unknown`.
    """

    provider: str = "evolution"
    server: str | None = None
    instance: str | None = None
    event_kind: str = "unknown"
    action: Action = "unknown"
    message_id: str | None = None
    chat_jid: str | None = None
    chat_alt_jids: tuple[str, ...] = ()
    author_jid: str | None = None
    author_alt_jids: tuple[str, ...] = ()
    from_me: bool | None = None
    sent_at: datetime | None = None
    changed_at: datetime | None = None
    received_at: datetime
    type: str | None = None
    text: str | None = None
    quoted_id: str | None = None
    reaction_target_id: str | None = None
    edited_of: str | None = None
    deleted: bool = False
    status: str | None = None
    push_name: str | None = None
    media: Media | None = None
    source: str | None = None
    jid_pairs: tuple[tuple[str, str], ...] = ()
    history: bool = False
    synthetic: bool = False
    details: dict[str, Any] = {}
    raw: Any = None
    problem: str | None = None


_ENDED: Final = frozenset({"logout.instance", "remove.instance", "instance.delete"})


def phone_state(event: CanonicalEvent) -> str | None:
    """What an event says of the phone's own link to WhatsApp: open, connecting, close, refused, qrcode; else None."""
    if event.action == "connection":
        state = event.details.get("state")
        return state[:40] if isinstance(state, str) else None
    return "close" if event.action == "instance" and event.event_kind in _ENDED else None


def as_json_line(event: CanonicalEvent) -> bytes:
    """One line of JSON for people: times in ISO 8601, bytes in base64, of media only what is no secret."""
    fields = msgspec.structs.asdict(event)
    media = event.media
    if media is not None:
        fields["media"] = {
            "mimetype": media.mimetype,
            "file_name": media.file_name,
            "size_bytes": media.size_bytes,
            "seconds": media.seconds,
        }
    return msgspec.json.encode(fields)
