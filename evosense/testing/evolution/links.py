"""One Engine.IO link: its handshake, its heartbeat and the namespaces that it joined.

Behaviours of socket.io 4.8 that a client can trip on are kept: a link that joined nothing is closed after the
connect timeout; a second CONNECT to a joined namespace, or an event for one that was not joined, closes the
link; a packet that can't be read closes it too. The server writes without waiting for slow readers, as the
real one does.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from evosense.testing.evolution import packing

if TYPE_CHECKING:
    from evosense.testing.evolution.config import EngineTimings
    from evosense.testing.evolution.hub import Hub


def new_sid() -> str:
    """Twenty characters, as `base64id` makes them."""
    return secrets.token_urlsafe(15)


class Link:
    """A WebSocket to one client, from the handshake to the close."""

    def __init__(self, hub: Hub, timings: EngineTimings) -> None:
        self.hub = hub
        self.timings = timings
        self.joined: set[str] = set()
        self.written_packets = 0
        self._ws = web.WebSocketResponse(compress=False, max_msg_size=timings.max_payload)
        self._transport: asyncio.Transport | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Shake hands and read until the link ends."""
        await self._ws.prepare(request)
        self._transport = request.transport
        self.hub.links.add(self)
        try:
            self._open()
            await self._read()
        finally:
            self._forget()
        return self._ws

    @property
    def waiting_bytes(self) -> int:
        """What was written and the client has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport and not self._transport.is_closing() else 0

    def write(self, frames: bytes) -> None:
        """Hand over ready frames; a link that is gone swallows them, as a socket does."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frames)
            self.written_packets += 1

    def cut(self, half: packing.Packet | None = None) -> None:
        """Drop the link without a close frame, after the head of `half` where one is given."""
        if self._transport is None:
            return
        if half is not None:
            self._transport.write(half.head_only())
            self._transport.close()
        else:
            self._transport.abort()
        self._forget()

    def close(self) -> None:
        """Close as Engine.IO does: a close frame without a code."""
        self.write(packing.close_frame())
        if self._transport is not None:
            self._transport.close()
        self._forget()

    def _open(self) -> None:
        timings = self.timings
        handshake = packing.open_packet(
            new_sid(),
            ping_interval_s=timings.ping_interval_s,
            ping_timeout_s=timings.ping_timeout_s,
            max_payload=timings.max_payload,
        )
        self.write(handshake.frames())
        self._after("connect", timings.connect_timeout_s, self.close)
        self._after("ping", timings.ping_interval_s, self._ping)

    async def _read(self) -> None:
        async for message in self._ws:
            if message.type is WSMsgType.TEXT and not self._receive(message.data):
                self.close()
                return

    def _receive(self, text: str) -> bool:
        """Handle one Engine.IO message; False means that the link must end."""
        if text.startswith("4"):
            return self._packet(text[1:])
        if text == "3":
            self._cancel("pong")
            self._after("ping", self.timings.ping_interval_s, self._ping)
            return True
        return text != "1"

    def _packet(self, text: str) -> bool:
        try:
            packet = packing.read_client_packet(text)
        except ValueError:
            return False
        known = packet.namespace in self.joined
        if packet.kind == "0":
            return not known and self._connect(packet.namespace)
        if known and packet.kind == "1":
            self.hub.leave(self, packet.namespace)
        return known

    def _connect(self, namespace: str) -> bool:
        if self.hub.join(self, namespace):
            self._cancel("connect")
            self.write(packing.connected_packet(namespace, new_sid()).frames())
        else:
            self.write(packing.refused_packet(namespace, "Invalid namespace").frames())
        return True

    def _ping(self) -> None:
        if self.hub.dice.faults.no_pings:
            self._after("ping", self.timings.ping_interval_s, self._ping)
            return
        self.write(packing.text_frame(b"2"))
        self._after("pong", self.timings.ping_timeout_s, self.close)

    def _after(self, name: str, seconds: float, action: object) -> None:
        self._cancel(name)
        if callable(action):
            self._timers[name] = asyncio.get_running_loop().call_later(seconds, action)

    def _cancel(self, name: str) -> None:
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()

    def _forget(self) -> None:
        for name in list(self._timers):
            self._cancel(name)
        self.hub.forget(self)
