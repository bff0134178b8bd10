"""Raw HTTP/1.1 load over kept connections: cheap enough (about 30 µs a request) not to be what is measured.

Run as a process of its own, `python -m tests.bench.http_load`; reads a plan as JSON from stdin, answers JSON on stdout.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

from tests.bench.figures import percentile

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(frozen=True)
class Measured:
    """What one target did: answers a second, latencies in milliseconds, answers that were not 200."""

    rate: float
    p50_ms: float
    p99_ms: float
    failed: int
    answers: int
    bytes: int


class _Connection(asyncio.Protocol):
    """Sends the request again as soon as the answer is complete."""

    def __init__(self, request: bytes, latencies: list[float]) -> None:
        self._request = request
        self._latencies = latencies
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None
        self.failed = 0
        self.size = 0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        head = self._buffer[:end].lower()
        start = head.index(_LENGTH) + len(_LENGTH)
        total = end + 4 + int(head[start:].split(b"\r\n", 1)[0])
        if len(self._buffer) < total:
            return
        self._latencies.append(time.perf_counter() - self._sent)
        self.size = total
        self.failed += not head.startswith(b"http/1.1 200")
        self._buffer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def _send(self) -> None:
        assert self._transport is not None
        if self.is_over:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(self._request)


async def measure(host: str, port: int, request: bytes, *, connections: int, seconds: float) -> Measured:
    """Keep `connections` busy for `seconds`."""
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    opened = [
        (await loop.create_connection(lambda: _Connection(request, latencies), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    elapsed, answers = time.perf_counter() - started, len(latencies)
    for each in opened:
        each.is_over = True
    await asyncio.gather(*(each.closed for each in opened))
    milliseconds = [each * 1000 for each in latencies]
    return Measured(
        rate=answers / elapsed,
        p50_ms=percentile(milliseconds, 0.5),
        p99_ms=percentile(milliseconds, 0.99),
        failed=sum(each.failed for each in opened),
        answers=answers,
        bytes=max(each.size for each in opened),
    )


async def _main() -> None:
    plan = json.load(sys.stdin)
    for request in plan["requests"].values():  # connections are opened, statements prepared
        await measure(plan["host"], plan["port"], request.encode(), connections=plan["connections"], seconds=1.5)
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in plan["requests"]}
    for _ in range(plan["rounds"]):
        for name, request in plan["requests"].items():
            result = await measure(
                plan["host"],
                plan["port"],
                request.encode(),
                connections=plan["connections"],
                seconds=plan["seconds"],
            )
            measured[name].append(asdict(result))
    json.dump(measured, sys.stdout)


if __name__ == "__main__":
    uvloop.run(_main())
