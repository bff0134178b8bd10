"""A message as WhatsApp's network hands it to the server, before Evolution gives it its own shape."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "audio", "image", "sticker", "document", "location", "reaction"]
Source = Literal["ios", "android", "web", "desktop", "unknown"]

PHONE, LID, GROUP = "@s.whatsapp.net", "@lid", "@g.us"


def phone_jid(number: str) -> str:
    """The address of a phone number given as digits."""
    return number + PHONE


def new_key_id(rng: random.Random, source: Source) -> str:
    """A message id of the form that each kind of device chooses; Evolution guesses `source` from it."""
    if source == "ios":
        return "3A" + rng.randbytes(9).hex().upper()
    if source == "android":
        return rng.randbytes(16).hex().upper()
    return "3EB0" + rng.randbytes(9).hex().upper()


def source_of(key_id: str) -> Source:
    """Baileys' guess of the device behind an id."""
    if key_id.startswith("3A") and len(key_id) == 20:
        return "ios"
    if key_id.startswith("3E") and len(key_id) == 22:
        return "web"
    if len(key_id) in (21, 32):
        return "android"
    return "desktop" if len(key_id) == 18 or key_id.startswith("3F") else "unknown"


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that a reply quotes; `author` is its sender's address."""

    key_id: str
    text: str
    author: str


@dataclass(frozen=True, slots=True)
class Target:
    """The message that a reaction, edit, revoke or status speaks of."""

    key_id: str
    from_me: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One message.

    Attributes:
        key_id: WhatsApp's id, chosen by the sending device.
        chat: Phone or group address of the chat; for a chat addressed by LID alone, the LID.
        lid: The LID of a direct chat that has both addresses: stored under it, emitted under the phone.
        participant: Author in a group; `participant_alt` is the phone behind a LID.
        push_name: The author's own name for himself; "" for the account's own messages.
        sent_at: Epoch seconds, WhatsApp's clock.
        text: Text, caption, file name or reaction; "" removes a reaction.
        secret: Whether the message carries `messageSecret` (nearly all do): it makes the event binary.
        via_api: Sent through the HTTP API: only `send.message` is emitted.
    """

    key_id: str
    chat: str
    sent_at: int
    kind: Kind = "text"
    text: str = ""
    from_me: bool = False
    push_name: str = ""
    lid: str | None = None
    participant: str | None = None
    participant_alt: str | None = None
    quote: Quote | None = None
    target: Target | None = None
    seconds: int = 0
    secret: bool = True
    via_api: bool = False

    @property
    def stored_chat(self) -> str:
        """The chat's address in the database."""
        return self.lid or self.chat

    @property
    def in_group(self) -> bool:
        """Whether the chat is a group."""
        return self.chat.endswith(GROUP)
