"""uvicorn's WebSocket, with one thing more: writing a prepared frame at once.

ASGI's `send` encodes every message for every client and waits for each; with a thousand clients in a room that is most
of the work. Here the same bytes go to all, and nobody is waited for: how much a client has left unread is looked at
instead.
"""

from __future__ import annotations

from typing import cast

from fastapi import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from evosense.live.hub import Write

EXTENSION = "evosense.live"
# A client that has left more than this unread is too slow: about 5,000 events.
MAX_UNREAD_BYTES = 1_048_576
_FAREWELL_SECONDS = 15.0


class LiveProtocol(WebSocketsSansIOProtocol):
    """One connection. Puts its `write_prepared` into the ASGI scope's extensions."""

    def handle_connect(self, event: Request) -> None:
        """Take the handshake, as uvicorn does; the application's task has not begun when this returns."""
        super().handle_connect(event)
        if not self.close_sent:
            scope = cast("dict[str, dict[str, object]]", self.scope)
            scope["extensions"][EXTENSION] = self.write_prepared

    def write_prepared(self, wire: bytes) -> bool:
        """Write a whole frame without waiting; False when the client is gone or has left too much unread."""
        if self.disconnected or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(wire)
        if self.transport.get_write_buffer_size() <= MAX_UNREAD_BYTES:
            return True
        self._end_soon()
        return False

    def keepalive_timeout(self) -> None:
        """Nobody answers pings any more."""
        super().keepalive_timeout()
        self._end_soon()

    def _end_soon(self) -> None:
        # A client that reads nothing does not read our farewell either, and a transport that is closed keeps what is
        # unread until the network gives up.
        self.loop.call_later(_FAREWELL_SECONDS, self.transport.abort)


def writer_of(websocket: WebSocket) -> Write:
    """The `write_prepared` of the connection below `websocket`."""
    return cast("Write", websocket.scope["extensions"][EXTENSION])
