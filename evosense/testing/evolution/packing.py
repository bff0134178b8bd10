"""Server side of the wire: Socket.IO 5 packets over Engine.IO 4, as WebSocket frames ready to write.

A Socket.IO event is one text frame, or, when its argument holds bytes, one text frame whose head says how
many attachments follow (`45N-`) and N binary frames in the order of their placeholders. Frames of a server
are not masked, so one event is encoded once and the same bytes go to every member of a namespace.

This is written independently of `evosense.evolution`, on purpose: two readings of the protocol that agree are
worth more than one that agrees with itself.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson

ROOT = "/"
_TEXT, _BINARY, _CLOSE = 0x81, 0x82, b"\x88\x00"


@dataclass(frozen=True, slots=True)
class Packet:
    """One Socket.IO packet: its text frame and the binary frames that follow."""

    text: bytes
    attachments: tuple[bytes, ...] = ()

    def frames(self) -> bytes:
        """All WebSocket frames of the packet, in order, as one piece to write."""
        if not self.attachments:
            return text_frame(self.text)
        return b"".join((text_frame(self.text), *(_frame(_BINARY, part) for part in self.attachments)))

    def head_only(self) -> bytes:
        """The text frame without its attachments: what a cut in the middle of a packet leaves."""
        return text_frame(self.text)


def _frame(opcode: int, payload: bytes) -> bytes:
    """One unmasked, final WebSocket frame (RFC 6455 §5.2)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", opcode, size) + payload
    if size < 65536:
        return struct.pack("!BBH", opcode, 126, size) + payload
    return struct.pack("!BBQ", opcode, 127, size) + payload


def text_frame(payload: bytes | str) -> bytes:
    """A text frame."""
    return _frame(_TEXT, payload.encode() if isinstance(payload, str) else payload)


def close_frame() -> bytes:
    """A close frame without a code: Engine.IO closes that way and clients report 1005."""
    return _CLOSE


def _prefix(namespace: str) -> bytes:
    return b"" if namespace == ROOT else namespace.encode() + b","


def encode_envelope(envelope: Mapping[str, object]) -> tuple[bytes, tuple[bytes, ...]]:
    """JSON with `{"_placeholder":true,"num":n}` where bytes stood, and the bytes, in order of appearance."""
    parts: list[bytes] = []

    def placeholder(value: object) -> dict[str, object]:
        if not isinstance(value, bytes):
            raise TypeError(f"{type(value).__name__} does not belong in an envelope")
        parts.append(value)
        return {"_placeholder": True, "num": len(parts) - 1}

    return orjson.dumps(envelope, default=placeholder), tuple(parts)


def event_packet(namespace: str, event: str, body: bytes, attachments: Sequence[bytes] = ()) -> Packet:
    """An EVENT (`42`) or BINARY_EVENT (`45N-`) packet with one argument, already encoded."""
    head = b"45%d-" % len(attachments) if attachments else b"42"
    text = b"".join((head, _prefix(namespace), b'["', event.encode(), b'",', body, b"]"))
    return Packet(text, tuple(attachments))


def connected_packet(namespace: str, sid: str) -> Packet:
    """The answer to a CONNECT that worked; without `pid`, as connection state recovery is off."""
    return Packet(b"40" + _prefix(namespace) + orjson.dumps({"sid": sid}))


def refused_packet(namespace: str, message: str) -> Packet:
    """CONNECT_ERROR: the link stays open and the client may ask again on it."""
    return Packet(b"44" + _prefix(namespace) + orjson.dumps({"message": message}))


def open_packet(sid: str, *, ping_interval_s: float, ping_timeout_s: float, max_payload: int) -> Packet:
    """The Engine.IO handshake. Intervals are told in milliseconds."""
    handshake: dict[str, object] = {
        "sid": sid,
        "upgrades": [],
        "pingInterval": round(ping_interval_s * 1000),
        "pingTimeout": round(ping_timeout_s * 1000),
        "maxPayload": max_payload,
    }
    return Packet(b"0" + orjson.dumps(handshake))


@dataclass(frozen=True, slots=True)
class ClientPacket:
    """What a client sent: the Socket.IO type digit, the namespace and the rest of the text, undecoded."""

    kind: str
    namespace: str
    rest: str


def read_client_packet(text: str) -> ClientPacket:
    """Split the Socket.IO part of an Engine.IO message (`4` already removed).

    Raises:
        ValueError: It is not a packet of protocol 5; the real server drops the link then.
    """
    if not text or text[0] not in "0123456":
        raise ValueError("unknown packet type")
    rest = text[1:]
    if text[0] in "56":
        count, dash, rest = rest.partition("-")
        if not dash or not count.isdigit():
            raise ValueError("illegal attachments")
    namespace = ROOT
    if rest.startswith("/"):
        namespace, _, rest = rest.partition(",")
    if text[0] == "0" and rest and not isinstance(_json(rest), dict):
        raise ValueError("invalid payload")
    return ClientPacket(text[0], namespace, rest)


def _json(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("invalid payload") from None


def _renderer(render: Callable[[bytes], object]) -> Callable[[object], object]:
    def default(value: object) -> object:
        if isinstance(value, bytes):
            return render(value)
        raise TypeError(f"{type(value).__name__} does not belong in a record")

    return default


#: Bytes as Evolution's database and HTTP answers show them: base64 text.
as_base64 = _renderer(lambda value: base64.b64encode(value).decode())
#: Bytes as `JSON.stringify(Uint8Array)` writes them in webhooks: `{"0": 31, "1": 30, …}`.
as_indexed = _renderer(lambda value: {str(index): byte for index, byte in enumerate(value)})
