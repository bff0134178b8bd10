"""Contacts, chats and groups: names, and which addresses belong to one person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.decode.envelope import Envelope
from evosense.evolution.decode.keys import addresses, lid_and_phone
from evosense.evolution.decode.names import real_name
from evosense.evolution.jids import JidKind, jid_of
from evosense.evolution.secret_fields import without_secrets
from evosense.evolution.wire_values import as_dict, as_list, as_text

_ADDRESS_FIELDS = ("remoteJid", "id", "jid", "remoteJidAlt", "phoneNumber", "lid")

_NAME_FIELDS = ("pushName", "name", "verifiedName")


def _place(item: dict[str, Any]) -> dict[str, Any]:
    found = tuple(jid.address for jid in addresses(item, _ADDRESS_FIELDS) if jid.kind is not JidKind.OTHER)
    pair = lid_and_phone(found)
    return {
        "chat_jid": found[0] if found else None,
        "chat_alt_jids": found[1:],
        "jid_pairs": (pair,) if pair else (),
    }


def decode_contact(envelope: Envelope, item: dict[str, Any]) -> Iterator[CanonicalEvent]:
    """One contact. A name on a group is its last sender's, one that is empty or a number says nothing: not taken."""
    place = _place(item)
    raw = without_secrets(item)
    address = place["chat_jid"]
    if address is None:
        yield envelope.event("unknown", raw, problem="a contact without address")
        return
    own = [item.get(field) for field in _ADDRESS_FIELDS]
    name = next(filter(None, (real_name(item.get(field), own) for field in _NAME_FIELDS)), None)
    jid = jid_of(address)
    yield envelope.event("contact", raw, push_name=name if jid and jid.is_person else None, **place)


def decode_chat(envelope: Envelope, item: object) -> Iterator[CanonicalEvent]:
    """One chat; chats.delete sends bare addresses instead of objects."""
    fields: dict[str, Any] = {"remoteJid": item} if isinstance(item, str) else as_dict(item)
    place = _place(fields)
    raw = without_secrets(item)
    if place["chat_jid"] is None:
        yield envelope.event("unknown", raw, problem="a chat without address")
        return
    name = as_text(fields.get("name")) or as_text(fields.get("subject"))
    yield envelope.event("chat", raw, push_name=name, deleted=envelope.event_kind == "chats.delete", **place)


def decode_group(envelope: Envelope, item: dict[str, Any]) -> Iterator[CanonicalEvent]:
    """A group's subject or members; members tell which hidden address is which phone."""
    group = jid_of(item.get("id")) or jid_of(item.get("remoteJid"))
    raw = without_secrets(item)
    if group is None:
        yield envelope.event("unknown", raw, problem="a group without address")
        return
    members = as_list(item.get("participantsData")) + [
        member for member in as_list(item.get("participants")) if isinstance(member, dict)
    ]
    pairs = [pair for member in members if (pair := lid_and_phone(_member(as_dict(member))))]
    yield envelope.event(
        "group",
        raw,
        chat_jid=group.address,
        push_name=as_text(item.get("subject")),
        jid_pairs=tuple(dict.fromkeys(pairs)),
        details={"action": as_text(item.get("action"))},
    )


def _member(member: dict[str, Any]) -> tuple[str, ...]:
    return tuple(jid.address for jid in addresses(member, ("jid", "id", "phoneNumber", "lid")))
