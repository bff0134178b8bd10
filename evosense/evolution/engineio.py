"""Engine.IO 4, the transport below Socket.IO: packet types, handshake and address of a server.

Only the websocket transport is spoken, without polling and without upgrade: a packet is one websocket
message, its type the first character of a text message; a binary websocket message is the payload of a
`message` packet.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

import msgspec

OPEN: Final = "0"
CLOSE: Final = "1"
PING: Final = "2"
PONG: Final = "3"
MESSAGE: Final = "4"
NOOP: Final = "6"


class ProtocolError(ValueError):
    """The server sent something that Engine.IO 4 or Socket.IO 5 does not allow."""


class Handshake(msgspec.Struct, frozen=True):
    """What the server announces in its first packet. Intervals in milliseconds."""

    sid: str
    pingInterval: int = 25_000
    pingTimeout: int = 20_000
    maxPayload: int = 1_000_000

    @property
    def silence_limit_s(self) -> float:
        """Seconds without any packet after which the link is dead."""
        return (self.pingInterval + self.pingTimeout) / 1000


_handshake_decoder = msgspec.json.Decoder(Handshake)


def parse_handshake(frame: str | bytes) -> Handshake:
    """Read the `open` packet.

    Raises:
        ProtocolError: it is no `open` packet, so the peer does not speak Engine.IO 4.
    """
    if not isinstance(frame, str) or not frame.startswith(OPEN):
        raise ProtocolError("the first packet is not Engine.IO's handshake")
    try:
        return _handshake_decoder.decode(frame[1:])
    except msgspec.MsgspecError as error:
        raise ProtocolError("the handshake is not readable") from error


def socket_url(base_url: str) -> str:
    """Address of the Engine.IO websocket below `base_url` (http, https, ws or wss; a path prefix is kept).

    The key is never part of it: it travels in the `apikey` header, because query strings end up in proxy
    logs.

    Raises:
        ValueError: not an address of a server.
    """
    parts = urlsplit(base_url)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.hostname:
        raise ValueError("the server's address must start with http:// or https:// and name a host")
    path = parts.path.rstrip("/") + "/socket.io/"
    return urlunsplit((scheme, parts.netloc, path, "EIO=4&transport=websocket", ""))
