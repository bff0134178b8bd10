"""Recordings for support and tests: frames and envelopes in JSON files, decoded to canonical events.

A file may hold a list of frames (texts, and `{"$bin_b64": …}` for binary ones), an envelope, a list of
envelopes, or an object of named examples with `frames` or `envelope` in them (like
tests/fixtures/evolution/wire.json).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

import orjson

from evosense.evolution.canonical import CanonicalEvent
from evosense.evolution.engineio import MESSAGE, ProtocolError
from evosense.evolution.events import decode_envelope
from evosense.evolution.raw_gateway import decode_gateway_text
from evosense.evolution.socketio import Assembler, Packet, PacketType, decode_event, load_json
from evosense.evolution.wire_values import as_bytes, as_dict


def frames_of(recorded: list[Any]) -> Iterator[str | bytes]:
    """The websocket messages of a recorded list: texts as they are, binary ones from base64."""
    for frame in recorded:
        if isinstance(frame, str):
            yield frame
        else:
            yield as_bytes(as_dict(frame).get("$bin_b64")) or b""


def packets_of(recorded: list[Any]) -> Iterator[Packet]:
    """The event packets of a recorded list of frames; control frames and broken ones are passed over."""
    assembler = Assembler()
    for frame in frames_of(recorded):
        if isinstance(frame, str) and not frame.startswith(MESSAGE):
            continue
        try:
            packet = assembler.feed(frame)
        except ProtocolError:
            continue
        if packet is not None and packet.type in (PacketType.EVENT, PacketType.BINARY_EVENT):
            yield packet


def decode_frames(recorded: list[Any], *, received_at: datetime) -> Iterator[CanonicalEvent]:
    """Canonical events of a recorded list of frames."""
    for packet in packets_of(recorded):
        try:
            name, arguments = decode_event(packet)
        except ProtocolError as error:
            yield CanonicalEvent(received_at=received_at, problem=str(error))
            continue
        envelope = arguments[0] if arguments else None
        yield from decode_envelope(envelope, received_at=received_at, event_name=name)


def decode_recording(text: str | bytes, *, received_at: datetime) -> Iterator[CanonicalEvent]:
    """Canonical events of a whole recording, in its order.

    Raises:
        ProtocolError: the text is not JSON.
    """
    yield from _walk(load_json(text), received_at)


def _walk(node: Any, received_at: datetime) -> Iterator[CanonicalEvent]:
    if isinstance(node, list):
        items = cast("list[Any]", node)
        if any(isinstance(item, str) and item.startswith(MESSAGE) for item in items):
            yield from decode_frames(items, received_at=received_at)
            return
        for item in items:
            yield from _walk(item, received_at)
    elif isinstance(node, dict):
        yield from _walk_object(cast("dict[str, Any]", node), received_at)


def _walk_object(node: dict[str, Any], received_at: datetime) -> Iterator[CanonicalEvent]:
    if isinstance(node.get("event"), str) and "data" in node:
        yield from decode_envelope(node, received_at=received_at)
    elif isinstance(node.get("frames"), list):
        yield from decode_frames(cast("list[Any]", node["frames"]), received_at=received_at)
    elif "chatId" in node and "type" in node:
        yield decode_gateway_text(orjson.dumps(node), received_at=received_at)
    else:
        for child in node.values():
            yield from _walk(child, received_at)
