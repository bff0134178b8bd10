"""Socket.IO protocol 5: reading and writing packets, and joining binary attachments to their packet.

Grammar of a text packet, after Engine.IO's `4`:
`<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]`; a namespace starts with `/` and ends at the first
comma, and the root namespace `/` is left out. Types 5 and 6 announce binary attachments that follow as
binary websocket messages, in order; the JSON holds `{"_placeholder": true, "num": n}` in their places.

Headers are read without touching the JSON, so that a reader can route a packet and leave decoding to the
writer.
"""

from __future__ import annotations

import json
import re
from enum import IntEnum
from sys import getsizeof
from typing import Any, Final

import msgspec
import orjson

from evosense.evolution.engineio import MESSAGE, ProtocolError

ROOT: Final = "/"
MAX_ATTACHMENTS: Final = 100_000  # a history of 3,000 messages brings 3,000; more than this is an attack
MAX_ATTACHED_BYTES: Final = 64 * 2**20  # of a packet; a history's are a few megabytes


class PacketType(IntEnum):
    """Socket.IO packet types."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


class Packet(msgspec.Struct, gc=False):
    """One Socket.IO packet with its JSON still undecoded.

    `payload` is JSON text ("" when the packet carries none), `expected` the number of attachments announced,
    `attachments` those that arrived.
    """

    type: PacketType
    namespace: str
    payload: str
    expected: int = 0
    attachments: list[bytes] = []

    @property
    def complete(self) -> bool:
        """Whether all announced attachments are here."""
        return len(self.attachments) == self.expected


_HEADER = re.compile(r"4([0-6])(?:(\d{1,9})-)?(?:(/[^,]*)(?:,|$))?(?:\d{1,19}(?=\[))?", re.ASCII)
_BINARY = frozenset((PacketType.BINARY_EVENT, PacketType.BINARY_ACK))
_TYPES = tuple(PacketType)


def parse_packet(frame: str) -> Packet:
    """Read the header of a text frame that starts with Engine.IO's `4`.

    Raises:
        ProtocolError: the frame is no Socket.IO packet.
    """
    match = _HEADER.match(frame)
    if match is None:
        raise ProtocolError("not a Socket.IO packet")
    kind = _TYPES[int(match.group(1))]
    count = match.group(2)
    if (count is not None) != (kind in _BINARY):
        raise ProtocolError("attachments and packet type contradict each other")
    expected = int(count) if count else 0
    if expected > MAX_ATTACHMENTS:
        raise ProtocolError("more attachments than any Evolution server sends")
    return Packet(kind, match.group(3) or ROOT, frame[match.end() :], expected, [])


def encode_connect(namespace: str) -> str:
    """The frame that asks to join `namespace`.

    Raises:
        ValueError: a comma in the name, which the protocol can't carry.
    """
    if namespace == ROOT:
        return f"{MESSAGE}{PacketType.CONNECT.value}"
    if "," in namespace:
        raise ValueError("an instance name with a comma can't be joined: Socket.IO ends the namespace there")
    return f"{MESSAGE}{PacketType.CONNECT.value}{namespace},"


def encode_disconnect(namespace: str) -> str:
    """The frame that leaves `namespace`."""
    prefix = f"{MESSAGE}{PacketType.DISCONNECT.value}"
    return prefix if namespace == ROOT else f"{prefix}{namespace},"


class Assembler:
    """Joins binary frames to the packet that announced them. One for each link; dies with it.

    `cut_short` counts packets whose attachments did not all come.
    """

    __slots__ = ("_pending", "_room", "cut_short")

    def __init__(self) -> None:
        self._pending: Packet | None = None
        self._room = 0
        self.cut_short = 0

    @property
    def is_waiting(self) -> bool:
        """Whether attachments of a packet are still to come."""
        return self._pending is not None

    @property
    def bytes(self) -> int:
        """What is kept of a packet whose attachments are still to come."""
        if self._pending is None:
            return 0
        return getsizeof(self._pending.payload) + MAX_ATTACHED_BYTES - self._room

    def feed(self, frame: str | bytes) -> Packet | None:
        """Take one websocket message; return the packet that it completes, if any.

        Text where an attachment is due ends the half packet, which is dropped and counted; the text's own packet is
        taken.

        Raises:
            ProtocolError: a binary frame nobody announced, attachments that fill memory, or a text that is no packet.
        """
        if isinstance(frame, str):
            return self._feed_text(frame)
        pending = self._pending
        if pending is None:
            raise ProtocolError("a binary frame that no packet announced")
        self._room -= len(frame)
        if self._room < 0:
            self._pending = None
            raise ProtocolError("attachments that are larger than any Evolution server's")
        pending.attachments.append(frame)
        if not pending.complete:
            return None
        self._pending = None
        return pending

    def _feed_text(self, frame: str) -> Packet | None:
        if self._pending is not None:
            self._pending = None
            self.cut_short += 1
        packet = parse_packet(frame)
        if not packet.complete:
            self._pending, self._room = packet, MAX_ATTACHED_BYTES
            return None
        return packet


def load_json(text: str | bytes) -> Any:
    """Decode JSON as servers written in JavaScript send it.

    orjson is the fast road; it refuses lone surrogates, which JSON.stringify writes for a name cut inside an
    emoji, so those go through the standard library and become U+FFFD.

    Raises:
        ProtocolError: not JSON.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        # A second encoding replaces every lone surrogate, wherever in the document it is.
        mended = json.dumps(json.loads(text, parse_constant=lambda _name: None), ensure_ascii=False)
        return orjson.loads(mended.encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not JSON") from error


def decode_event(packet: Packet) -> tuple[str, list[Any]]:
    """Decode the JSON of an event packet and put the attachments in their places.

    Returns:
        The event's name and its arguments.

    Raises:
        ProtocolError: not an event, or placeholders that do not match the attachments.
    """
    if packet.type not in (PacketType.EVENT, PacketType.BINARY_EVENT):
        raise ProtocolError("not an event packet")
    body = load_json(packet.payload)
    if not isinstance(body, list) or not body or not isinstance(body[0], str):
        raise ProtocolError("an event packet must be a list that starts with the event's name")
    if packet.attachments:
        fill_placeholders(body, packet.attachments)
    return body[0], body[1:]


def fill_placeholders(document: list[Any], attachments: list[bytes]) -> None:
    """Replace each `{"_placeholder": true, "num": n}` inside `document`, in place, without recursion.

    Ends with the last attachment's place: the rest of the document holds none.

    Raises:
        ProtocolError: a number without attachment.
    """
    stack: list[Any] = [document]  # dicts and lists: both are indexed by what they are walked with
    missing = len(attachments)
    while stack:
        node = stack.pop()
        for place, child in node.items() if type(node) is dict else enumerate(node):
            if type(child) is dict:
                if "_placeholder" in child:
                    node[place] = _attachment(child, attachments)
                    missing -= 1
                    if not missing:
                        return
                else:
                    stack.append(child)
            elif type(child) is list and child:
                stack.append(child)


def _attachment(placeholder: dict[str, Any], attachments: list[bytes]) -> bytes:
    number = placeholder.get("num")
    if type(number) is not int or not 0 <= number < len(attachments):
        raise ProtocolError("a placeholder without its attachment")
    return attachments[number]
