"""An independent reader of the captured frames: what must come out at the end, said without our decoder.

It reads the plain JSON envelopes that stand beside each captured frame and knows only what Evolution's documents say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CAPTURES = Path(__file__).resolve().parents[1] / "fixtures" / "evolution" / "wire.json"


@dataclass(frozen=True, order=True)
class Key:
    """What names a message: the instance, WhatsApp's id, and whether the account itself sent it."""

    instance: str
    external_id: str
    from_me: bool


@dataclass
class Expected:
    """What the frames hold: messages with their texts, which of them are of groups, edited or deleted."""

    texts: dict[Key, str | None] = field(default_factory=dict)
    groups: set[Key] = field(default_factory=set)
    deleted: set[Key] = field(default_factory=set)

    @property
    def inbound(self) -> set[Key]:
        """Messages of customers in individual chats."""
        return {key for key in self.texts if not key.from_me and key not in self.groups}

    @property
    def scored(self) -> set[Key]:
        """Customers' texts that are still there: each must end with exactly one score."""
        return {key for key in self.inbound - self.deleted if self.texts[key]}

    @property
    def embedded(self) -> set[Key]:
        """Every text that is still there."""
        return {key for key, text in self.texts.items() if text and key not in self.deleted}


def read(captures: dict[str, Any]) -> Expected:
    """What the captures of the 2.3.7 socket hold."""
    expected = Expected()
    envelopes = [capture["envelope"] for capture in captures["socketio_2_3_7"].values()]
    for envelope in envelopes:
        if envelope["event"] in ("messages.upsert", "send.message"):
            _message(expected, envelope["instance"], envelope["data"])
    for envelope in envelopes:
        _change(expected, envelope["instance"], envelope["event"], envelope["data"])
    return expected


def load() -> dict[str, Any]:
    """The captures as JSON."""
    return json.loads(CAPTURES.read_text(encoding="utf-8"))


def _message(expected: Expected, instance: str, data: dict[str, Any]) -> None:
    message = data["message"]
    if "reactionMessage" in message:
        return
    key = Key(instance, data["key"]["id"], data["key"]["fromMe"])
    place, image = message.get("locationMessage", {}), message.get("imageMessage", {})
    expected.texts[key] = message.get("conversation") or image.get("caption") or place.get("name")
    if data["key"]["remoteJid"].endswith("@g.us"):
        expected.groups.add(key)


def _change(expected: Expected, instance: str, event: str, data: Any) -> None:
    if event == "messages.delete":
        expected.deleted.add(Key(instance, data["id"], data["fromMe"]))
    if event in ("messages.edited", "send.message.update"):
        key = Key(instance, data["key"]["id"], data["key"]["fromMe"])
        expected.texts[key] = data["editedMessage"]["conversation"]
