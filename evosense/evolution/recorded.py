"""Recordings for support and tests: frames and envelopes in files, decoded to canonical events.

A file may hold a list of frames (texts, and `{"$bin_b64": …}` for binary ones), an envelope, a list of either or both,
an object of named examples with `frames` or `envelope` in them (like tests/fixtures/evolution/wire.json), frames of the
plain gateway, or any of these one a line. What can't be read becomes an event with action `unknown` and costs nothing
but itself; of a broken frame only its size is told, because it may hold a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, cast

import orjson

from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.engineio import MESSAGE, ProtocolError
from evosense.evolution.events import decode_envelope
from evosense.evolution.raw_gateway import decode_gateway_text
from evosense.evolution.socketio import Assembler, Packet, PacketType, decode_event, load_json
from evosense.evolution.wire_values import as_bytes, as_dict

_BINARY: Final = "$bin_b64"
# An Engine.IO packet as text: a type, alone or before what such a packet may begin with.
_FRAME: Final = re.compile(r'[0-6](?:$|[\[{/"0-9]|probe)')
_EVENTS: Final = (PacketType.EVENT, PacketType.BINARY_EVENT)


def frames_of(recorded: Iterable[Any]) -> Iterator[str | bytes]:
    """The websocket messages of a recorded list: texts as they are, binary ones from base64."""
    for frame in recorded:
        if isinstance(frame, str):
            yield frame
        else:
            yield as_bytes(as_dict(frame).get(_BINARY)) or b""


def decode_frames(recorded: list[Any], *, received_at: datetime) -> Iterator[CanonicalEvent]:
    """Canonical events of a recorded list of frames; control frames are passed over."""
    reader = _FrameReader(received_at)
    for frame in frames_of(recorded):
        yield from reader.read(frame)
    yield from reader.end()


class _FrameReader:
    """Reads the frames of one link in their order."""

    def __init__(self, received_at: datetime) -> None:
        self._received_at = received_at
        self._assembler = Assembler()
        self._cut_short = 0

    def read(self, frame: str | bytes) -> Iterator[CanonicalEvent]:
        if isinstance(frame, str) and not frame.startswith(MESSAGE):
            return
        try:
            packet = self._assembler.feed(frame)
        except ProtocolError as error:
            yield from self._interrupted()
            yield self._broken(str(error), len(frame))
            return
        yield from self._interrupted()
        if packet is not None and packet.type in _EVENTS:
            yield from self._events(packet)

    def end(self) -> Iterator[CanonicalEvent]:
        """What is left when the recording ends."""
        if self._assembler.is_waiting:
            yield self._broken("the recording ends before the attachments of a packet are complete")

    def _interrupted(self) -> Iterator[CanonicalEvent]:
        if self._assembler.cut_short > self._cut_short:
            self._cut_short = self._assembler.cut_short
            yield self._broken("a packet began before the attachments of the last one were complete")

    def _events(self, packet: Packet) -> Iterator[CanonicalEvent]:
        try:
            name, arguments = decode_event(packet)
        except ProtocolError as error:
            yield self._broken(str(error), len(packet.payload))
            return
        envelope = arguments[0] if arguments else None
        yield from decode_envelope(envelope, received_at=self._received_at, event_name=name)

    def _broken(self, problem: str, size: int | None = None) -> CanonicalEvent:
        details = {} if size is None else {"size": size}
        return CanonicalEvent(received_at=self._received_at, problem=problem, details=details)


def decode_recording(text: str | bytes, *, received_at: datetime) -> Iterator[CanonicalEvent]:
    """Canonical events of a whole recording, in its order.

    Raises:
        ProtocolError: the text is neither JSON nor lines of frames or JSON.
    """
    try:
        document = load_json(text)
    except ProtocolError:
        document = _lines(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
    if isinstance(document, list):
        yield from _decode_list(cast("list[Any]", document), received_at, is_top=True)
    else:
        yield from _decode_item(document, received_at)


def _lines(text: str) -> list[Any]:
    """What the lines hold: JSON, or frames as they are on the wire.

    Raises:
        ProtocolError: not one line is of that kind.
    """
    # Only a line feed ends a line: a message may hold U+2028 or U+0085, which JSON leaves as they are.
    lines = [line.strip().removeprefix("\ufeff") for line in text.split("\n")]
    items = [_line(line) for line in lines if line]
    if all(item is None for item in items):
        raise ProtocolError("not JSON")
    return [line if item is None else item for line, item in zip(filter(None, lines), items, strict=True)]


def _line(line: str) -> Any:
    """The JSON of a line, a frame's text as it is; None for anything else."""
    if _FRAME.match(line):
        return line
    try:
        return load_json(line)
    except ProtocolError:
        return None


def _decode_list(items: list[Any], received_at: datetime, *, is_top: bool = False) -> Iterator[CanonicalEvent]:
    """A list of frames, of anything else, or of both mixed; frames are one link's."""
    reader = _FrameReader(received_at)
    is_gateway = any(_is_gateway(item) for item in items)
    for item in items:
        if isinstance(item, str) and _FRAME.match(item):
            yield from reader.read(item)
        elif isinstance(item, dict) and _BINARY in item:
            yield from reader.read(next(frames_of([item])))
        elif not isinstance(item, str):
            yield from _decode_item(item, received_at)
        elif is_gateway or is_top or item.lstrip().startswith(("{", "[")):
            yield from _decode_text(item, received_at)
    yield from reader.end()


def _decode_text(text: str, received_at: datetime) -> Iterator[CanonicalEvent]:
    """A text in a list that is no frame: JSON once more inside, or nothing that we know."""
    try:
        document = load_json(text)
    except ProtocolError:
        document = None
    if isinstance(document, dict | list):
        yield from _decode_item(document, received_at)
    else:
        yield decode_gateway_text(text, received_at=received_at)


def _decode_item(node: Any, received_at: datetime) -> Iterator[CanonicalEvent]:
    if isinstance(node, list):
        yield from _decode_list(cast("list[Any]", node), received_at)
    elif isinstance(node, dict):
        yield from _decode_object(cast("dict[str, Any]", node), received_at)


def _decode_object(node: dict[str, Any], received_at: datetime) -> Iterator[CanonicalEvent]:
    if isinstance(node.get("frames"), list):
        yield from decode_frames(cast("list[Any]", node["frames"]), received_at=received_at)
    elif isinstance(node.get("event"), str) and ("data" in node or "instance" in node):
        yield from decode_envelope(node, received_at=received_at)
    elif _is_gateway(node):
        yield decode_gateway_text(orjson.dumps(node), received_at=received_at)
    else:
        for child in node.values():
            yield from _decode_item(child, received_at)


def _is_gateway(item: Any) -> bool:
    return isinstance(item, dict) and "chatId" in item and "type" in item
