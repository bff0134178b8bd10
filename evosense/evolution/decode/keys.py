"""The key of a message: who, where, which id, through all variants of hidden addresses (LID).

By version a direct chat is told as: `@lid` alone (to 2.3.0); `remoteJid` rewritten to the phone with
`senderPn` and `previousRemoteJid` (2.3.1 to 2.3.4); `@lid` with `remoteJidAlt` (2.3.5, 2.3.6); rewritten
with `remoteJidAlt` (2.3.7). So every address in sight is collected and sorted by kind.
"""

from __future__ import annotations

from typing import Any

import msgspec

from evosense.evolution.jids import Jid, JidKind, jid_of
from evosense.evolution.wire_values import as_bool, as_dict, as_text

_CHAT_FIELDS = ("remoteJid", "remoteJidAlt", "previousRemoteJid")
_SENDER_FIELDS = ("senderPn", "senderLid")
_MEMBER_FIELDS = ("participant", "participantAlt", "participantPn", "participantLid")


class MessageKey(msgspec.Struct, gc=False):
    """A message's key with all addresses of its chat and, in groups, of its author; the best one first."""

    id: str | None
    from_me: bool | None
    chat: tuple[str, ...]
    author: tuple[str, ...]
    is_person: bool

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(hidden, phone) addresses of one person that this key proves."""
        found = [pair for pair in (lid_and_phone(self.chat), lid_and_phone(self.author)) if pair]
        return tuple(dict.fromkeys(found))


def read_key(value: object, beside: dict[str, Any] | None = None) -> MessageKey:
    """Read `key`, or an object that carries the same fields itself.

    `beside` is the item around it: 1.8 writes the author of a group's old message there, not into the key.
    """
    key = as_dict(value)
    from_me = as_bool(key.get("fromMe"))
    chat = addresses(key, _CHAT_FIELDS)
    first = chat[0] if chat else None
    is_person = first is not None and first.is_person
    author: tuple[Jid, ...] = ()
    if is_person:
        # In a message from the account itself, `senderPn` is the account.
        if from_me is not True:
            chat = addresses(key, _CHAT_FIELDS + _SENDER_FIELDS)
    else:
        author = addresses(key, _MEMBER_FIELDS + _SENDER_FIELDS) or addresses(beside or {}, _MEMBER_FIELDS)
    return MessageKey(as_text(key.get("id")), from_me, _texts(chat), _texts(author), is_person)


def addresses(holder: dict[str, Any], fields: tuple[str, ...]) -> tuple[Jid, ...]:
    """The distinct addresses found in `fields`: phone first, then hidden, then others, as they come."""
    found: list[Jid] = []
    for field in fields:
        jid = jid_of(holder.get(field))
        if jid is not None and jid not in found:
            found.append(jid)
    if len(found) > 1:
        found.sort(key=_preference)
    return tuple(found)


def _preference(jid: Jid) -> int:
    return {JidKind.PHONE: 0, JidKind.LID: 1}.get(jid.kind, 2)


def _texts(jids: tuple[Jid, ...]) -> tuple[str, ...]:
    return tuple(jid.address for jid in jids)


def lid_and_phone(found: tuple[str, ...]) -> tuple[str, str] | None:
    """The pair that proves one person, when there is exactly one hidden and one phone address."""
    if len(found) < 2:
        return None
    lids = [address for address in found if address.endswith("@lid")]
    phones = [address for address in found if address.endswith("@s.whatsapp.net")]
    return (lids[0], phones[0]) if len(lids) == len(phones) == 1 else None
