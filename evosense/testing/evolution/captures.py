"""Captured frames of a real server, replayed byte for byte."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from evosense.errors import InvalidInput
from evosense.testing.evolution.drafts import LID
from evosense.testing.evolution.packing import Packet
from evosense.testing.evolution.rows import StoredMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECTION = "socketio_2_3_7"
_STORED_EVENTS = ("messages.upsert", "send.message")


@dataclass(frozen=True, slots=True)
class Capture:
    """One captured event: its frames as they went over the wire and its envelope."""

    name: str
    event: str
    instance: str
    packet: Packet
    envelope: dict[str, Any]

    def stored(self, emitted: float) -> StoredMessage | None:
        """The row that the real server would hold, None for events that are not messages."""
        if self.event not in _STORED_EVENTS:
            return None
        data: dict[str, Any] = _bytes_as_text(self.envelope["data"])
        key: dict[str, Any] = data["key"]
        record: dict[str, Any] = {"id": f"c{key['id'].lower():0>24}"[:25], **data}
        record.setdefault("contextInfo", None)
        record.pop("status", None)
        chat, alt = key["remoteJid"], key.get("remoteJidAlt", "")
        return StoredMessage(
            key_id=key["id"],
            from_me=key["fromMe"],
            chat=chat,
            alt="" if chat.endswith(LID) else alt,
            kind=data["messageType"],
            ts=data["messageTimestamp"],
            emitted=emitted,
            record=orjson.dumps(record),
        )


def read_captures(source: Path | Mapping[str, Any]) -> dict[str, Capture]:
    """Captures by name, from the fixture's file or its parsed JSON.

    Raises:
        InvalidInput: The file holds no captured Socket.IO frames.
    """
    parsed: Mapping[str, Any] = orjson.loads(source.read_bytes()) if isinstance(source, Path) else source
    if _SECTION not in parsed:
        raise InvalidInput(f"The captures hold no section {_SECTION}.")
    return {name: _capture(name, one) for name, one in parsed[_SECTION].items()}


def _capture(name: str, one: Mapping[str, Any]) -> Capture:
    text, *parts = one["frames"]
    attachments = tuple(base64.b64decode(part["$bin_b64"]) for part in parts)
    envelope = one["envelope"]
    return Capture(name, one["event"], envelope["instance"], Packet(text.encode(), attachments), envelope)


def _bytes_as_text(value: Any) -> Any:
    """The fixture's `{"$bytes_b64": …}` as the database shows bytes: base64 text."""
    if isinstance(value, list):
        return [_bytes_as_text(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$bytes_b64"}:
        return value["$bytes_b64"]
    return {name: _bytes_as_text(one) for name, one in value.items()}
