"""Many WebSocket clients in one process, as light as they can be: a handshake, one frame out, times of frames in.

`python -m tests.bench.socket_load` reads its orders as JSON lines from stdin: connect, then report. Times are of the
machine's monotonic clock, so that another process' times can be held against them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast

import uvloop
from websockets.frames import Frame, Opcode

from tests.bench.figures import percentile

_AT_ONCE = 50


class Client(asyncio.Protocol):
    """One socket; notes when each frame with a time in it came."""

    def __init__(self, handshake: bytes, first: bytes | None) -> None:
        self._handshake = handshake
        self._first = first
        self._buffer = b""
        self._is_open = False
        self.arrived: list[tuple[float, bytes]] = []
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self._is_open:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self._buffer.startswith(b"HTTP/1.1 101"), self._buffer[:100]
            self._is_open = True
            data = self._buffer[end + 4 :]
            if self._first is not None:
                assert self.transport is not None
                self.transport.write(self._first)
            if not data:
                self._answered(b"")
                return
        self._answered(data)
        self.arrived.append((now, data))

    def _answered(self, data: bytes) -> None:
        if not self.opened.done() and (self._first is None or b"ready" in data):
            self.opened.set_result(None)

    def latencies(self, events: dict[int, float]) -> list[float]:
        """Milliseconds from the sending of each event to its arrival here."""
        found: list[float] = []
        for now, data in self.arrived:
            for piece in data.split(b'"n":')[1:]:
                number = int(piece[: piece.index(b"}")])
                if number in events:
                    found.append((now - events[number]) * 1000)
        return found


async def _connect(order: dict[str, object]) -> list[Client]:
    loop = asyncio.get_running_loop()
    handshake = (
        f"GET {order['path']} HTTP/1.1\r\nHost: 127.0.0.1:{order['port']}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()
    said = order.get("first")
    first = Frame(Opcode.TEXT, str(said).encode()).serialize(mask=True) if said else None
    clients: list[Client] = []
    for start in range(0, cast("int", order["count"]), _AT_ONCE):
        batch = [
            (await loop.create_connection(lambda: Client(handshake, first), "127.0.0.1", cast("int", order["port"])))[1]
            for _ in range(min(_AT_ONCE, cast("int", order["count"]) - start))
        ]
        await asyncio.gather(*(client.opened for client in batch))
        clients += batch
    return clients


async def _main() -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    clients: list[Client] = []
    while line := await lines.readline():
        order = json.loads(line)
        if order["do"] == "connect":
            clients = await _connect(order)
            print(json.dumps({"open": len(clients)}), flush=True)
        else:
            events = {int(number): at for number, at in order["events"].items()}
            found = [each for client in clients for each in client.latencies(events)]
            for client in clients:
                assert client.transport is not None
                client.transport.close()
            answer = {
                "delivered": len(found) / (len(events) * len(clients)),
                "p50_ms": percentile(found, 0.5),
                "p95_ms": percentile(found, 0.95),
                "p99_ms": percentile(found, 0.99),
            }
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(_main())
