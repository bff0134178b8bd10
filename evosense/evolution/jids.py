"""WhatsApp addresses (JIDs): their kinds and the one form under which an address is known.

A person has a phone address (`5511987654321@s.whatsapp.net`, `@c.us` on gateways) and, since 2023, a hidden
one (`…@lid`). Brazilian mobile numbers were given a ninth digit after the area code; WhatsApp still knows
many by the old eight, so both forms are one address here, the one with nine.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final

import msgspec


class JidKind(StrEnum):
    """What an address stands for."""

    PHONE = "phone"
    LID = "lid"
    GROUP = "group"
    BROADCAST = "broadcast"
    STATUS = "status"
    NEWSLETTER = "newsletter"
    OTHER = "other"


class Jid(msgspec.Struct, frozen=True):
    """An address in its canonical form, e.g. `5511987654321@s.whatsapp.net`."""

    address: str
    kind: JidKind

    @property
    def is_person(self) -> bool:
        """Whether a person, not a group or list, is behind it."""
        return self.kind in (JidKind.PHONE, JidKind.LID)

    @property
    def digits(self) -> str | None:
        """The phone number in E.164 without plus, when it is a phone address."""
        return self.address.partition("@")[0] if self.kind is JidKind.PHONE else None


_KINDS: Final = {
    "s.whatsapp.net": JidKind.PHONE,
    "c.us": JidKind.PHONE,
    "hosted": JidKind.PHONE,
    "lid": JidKind.LID,
    "hosted.lid": JidKind.LID,
    "g.us": JidKind.GROUP,
    "broadcast": JidKind.BROADCAST,
    "newsletter": JidKind.NEWSLETTER,
}
_DOMAIN: Final = {JidKind.PHONE: "s.whatsapp.net", JidKind.LID: "lid"}
_MAX_LENGTH: Final = 128


def with_ninth_digit(digits: str) -> str:
    """A Brazilian mobile number with its ninth digit; every other number unchanged.

    55 + area code + eight digits that start with 6 to 9 is a mobile number in the old form; landlines start
    with 2 to 5 and keep eight digits.
    """
    if len(digits) == 12 and digits.startswith("55") and digits[2] != "0" and digits[4] in "6789":
        return f"{digits[:4]}9{digits[4:]}"
    return digits


@lru_cache(maxsize=65_536)
def parse_jid(raw: str) -> Jid | None:
    """The canonical address of `raw`, or None when it is no address at all.

    The device (`:12`) is dropped, `@c.us` becomes `@s.whatsapp.net`, bare digits are a phone number.
    """
    text = raw.strip().lower()
    user, _, domain = text.partition("@")
    user = user.partition(":")[0]
    if not user or len(text) > _MAX_LENGTH or "\x00" in text or (not domain and not _is_number(user)):
        return None
    kind = _KINDS.get(domain or "s.whatsapp.net", JidKind.OTHER)
    if kind is JidKind.BROADCAST and user == "status":
        kind = JidKind.STATUS
    if kind is JidKind.PHONE:
        user = with_ninth_digit(user.removeprefix("+"))
    return Jid(f"{user}@{_DOMAIN.get(kind, domain)}", kind)


def _is_number(user: str) -> bool:
    digits = user.removeprefix("+")
    return digits.isdecimal() and digits.isascii() and len(digits) >= 8


def jid_of(value: object) -> Jid | None:
    """`parse_jid` for a value of unknown type."""
    return parse_jid(value) if isinstance(value, str) else None
