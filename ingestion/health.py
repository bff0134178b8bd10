"""A small HTTP server on loopback: GET /health and GET /metrics. Nothing else, so no framework."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, generate_latest

Report = Callable[[], tuple[bool, dict[str, Any]]]
_REQUEST_S = 5.0
_MOST_BYTES = 8_192


@asynccontextmanager
async def serving_health(
    port: int, report: Report, registry: CollectorRegistry, *, before_metrics: Callable[[], None]
) -> AsyncGenerator[int]:
    """Serve around the block; yields the port. `report` answers (healthy, what to show)."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
            writer.write(_respond(head.split(b" ", 2)[1].split(b"?")[0], report, registry, before_metrics))
            await writer.drain()
        except (OSError, TimeoutError, IndexError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, limit=_MOST_BYTES)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


def _respond(path: bytes, report: Report, registry: CollectorRegistry, before_metrics: Callable[[], None]) -> bytes:
    if path == b"/health":
        healthy, shown = report()
        status = b"200 OK" if healthy else b"503 Service Unavailable"
        return _page(status, b"application/json", orjson.dumps(shown))
    if path == b"/metrics":
        before_metrics()
        return _page(b"200 OK", b"text/plain; version=0.0.4; charset=utf-8", generate_latest(registry))
    return _page(b"404 Not Found", b"text/plain", b"GET /health or /metrics\n")


def _page(status: bytes, kind: bytes, body: bytes) -> bytes:
    head = (b"HTTP/1.1 " + status, b"Content-Type: " + kind, b"Content-Length: %d" % len(body), b"Connection: close")
    return b"\r\n".join(head) + b"\r\n\r\n" + body
