"""From an envelope to canonical events, for every event kind of Evolution API 1.8 to 2.3.7.

Total by design: an envelope of an unknown kind, a wrong shape or a broken item becomes an event with action
`unknown`; one bad item never costs its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.decode import changes, people, states
from evosense.evolution.decode.envelope import Envelope
from evosense.evolution.decode.messages import decode_message, decode_record
from evosense.evolution.jids import jid_of
from evosense.evolution.secret_fields import without_secrets
from evosense.evolution.wire_values import as_dict, as_list, as_text

__all__ = ["KNOWN_KINDS", "CanonicalEvent", "decode_envelope", "decode_records"]

ItemDecoder = Callable[[Envelope, Any], Iterator[CanonicalEvent]]


def _history(envelope: Envelope, item: dict[str, Any]) -> Iterator[CanonicalEvent]:
    return decode_message(envelope, item, history=True)


_DECODERS: Final[dict[str, ItemDecoder]] = {
    "messages.upsert": decode_message,
    "messages.set": _history,
    "send.message": decode_message,
    "messages.edited": changes.decode_edited,
    "send.message.update": changes.decode_edited,
    "messages.update": changes.decode_update,
    "messages.delete": changes.decode_delete,
    "contacts.set": people.decode_contact,
    "contacts.upsert": people.decode_contact,
    "contacts.update": people.decode_contact,
    "chats.set": people.decode_chat,
    "chats.upsert": people.decode_chat,
    "chats.update": people.decode_chat,
    "chats.delete": people.decode_chat,
    "groups.upsert": people.decode_group,
    "groups.update": people.decode_group,
    "group.update": people.decode_group,
    "group-participants.update": people.decode_group,
    "connection.update": states.decode_connection,
    "status.instance": states.decode_connection,
    "qrcode.updated": states.decode_qrcode,
    "logout.instance": states.decode_instance,
    "remove.instance": states.decode_instance,
    "instance.create": states.decode_instance,
    "instance.delete": states.decode_instance,
    "application.startup": states.decode_instance,
    "presence.update": states.ignore,
    "call": states.ignore,
    "labels.edit": states.ignore,
    "labels.association": states.ignore,
    "typebot.start": states.ignore,
    "typebot.change-status": states.ignore,
}
KNOWN_KINDS: Final = frozenset(_DECODERS)
_OBJECTS_ONLY: Final = KNOWN_KINDS - {"chats.delete", "presence.update", "call"}


def decode_envelope(envelope: object, *, received_at: datetime, event_name: str | None = None) -> list[CanonicalEvent]:
    """Decode one envelope, from a socket, a webhook or a recording.

    Args:
        envelope: the JSON object, bytes in any rendering.
        received_at: when it reached us, UTC; never the envelope's `date_time`, which is local time with a
            false Z.
        event_name: the event's name on the socket, for envelopes that leave it out.

    Returns:
        At least one event, in the order of the items.
    """
    fields = as_dict(envelope)
    kind = canonical_kind(as_text(fields.get("event")) or event_name)
    owner = jid_of(fields.get("sender"))
    shared = Envelope(
        event_kind=kind if kind in KNOWN_KINDS else "unknown",
        received_at=received_at,
        instance=as_text(fields.get("instance")),
        server=as_text(fields.get("server_url")),
        owner_jid=owner.address if owner else None,
    )
    decoder = _DECODERS.get(kind)
    if decoder is None or "data" not in fields:
        problem = "an envelope without data" if decoder else "an event kind that we don't know"
        return [shared.event("unknown", without_secrets(fields), details={"event": kind[:64]}, problem=problem)]
    return _decode_items(shared, fields["data"], decoder)


def canonical_kind(name: str | None) -> str:
    """The dotted lower-case name, also from a subscription name (`MESSAGES_UPSERT`) or a by-events path."""
    if not name:
        return ""
    if name in KNOWN_KINDS:
        return name
    folded = name.lower().replace("_", ".").replace("-", ".")
    return _FOLDED.get(folded, name)


_FOLDED: Final = {name.replace("-", "."): name for name in KNOWN_KINDS}


def decode_records(
    records: list[Any], *, instance: str, received_at: datetime, owner_jid: str | None = None
) -> list[CanonicalEvent]:
    """Decode records of findMessages; the same items as messages.set, with their updates."""
    shared = Envelope("messages.set", received_at, instance, None, owner_jid)
    return _decode_items(shared, records, decode_record)


def _decode_items(shared: Envelope, data: object, decoder: ItemDecoder) -> list[CanonicalEvent]:
    events: list[CanonicalEvent] = []
    for item in as_list(data) or [{}]:
        if not isinstance(item, dict) and shared.event_kind in _OBJECTS_ONLY:
            events.append(shared.event("unknown", without_secrets(item), problem="an item that is no object"))
            continue
        try:
            events.extend(decoder(shared, item))
        except Exception as error:  # noqa: BLE001 - one bad item must not cost its neighbours; it is kept and counted
            events.append(shared.event("unknown", without_secrets(item), problem=type(error).__name__))
    return events
