"""The least that any client must do: one request again and again over bare sockets, nothing read but its length."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import orjson

_HEAD = re.compile(rb"content-length: (\d+).*?\r\n\r\n", re.IGNORECASE | re.DOTALL)


class _Caller(asyncio.Protocol):
    def __init__(self, request: bytes) -> None:
        self.request = request
        self.done = 0
        self.stopping = False
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = _HEAD.search(self._received)
        if head and len(self._received) >= head.end() + int(head[1]):
            self._received = b""
            self.done += 1
            if not self.stopping:
                self.transport.write(self.request)


async def bare_rate(url: str, body: Mapping[str, Any], *, slots: int, seconds: float) -> float:
    """Calls a second with `slots` of them in flight all the time."""
    address, data = urlsplit(url), orjson.dumps(body)
    head = f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data
    loop, started = asyncio.get_running_loop(), time.perf_counter()
    callers: list[_Caller] = []
    for _ in range(slots):
        _, caller = await loop.create_connection(lambda: _Caller(request), str(address.hostname), address.port or 80)
        callers.append(caller)
    await asyncio.sleep(seconds)
    done, elapsed = sum(caller.done for caller in callers), time.perf_counter() - started
    for caller in callers:
        caller.stopping = True
        caller.transport.close()
    return done / elapsed
