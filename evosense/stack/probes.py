"""Ask a part whether it is ready: a TCP connection, or an HTTP answer below 500.

Written on asyncio streams: an HTTP library would cost the supervisor 30 MB and a quarter of a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

Probe = Callable[[], Awaitable[bool]]
_PATIENCE_SECONDS = 5.0
_Answer = TypeVar("_Answer")


def http(host: str, port: int, path: str) -> Probe:
    """True once `GET http://host:port/path` is answered with a status below 500."""

    async def ask() -> bool:
        status = await _quietly(_http_status(host, port, path))
        return status is not None and status < 500

    return ask


def tcp(host: str, port: int) -> Probe:
    """True once somebody listens at host:port."""

    async def ask() -> bool:
        return await _quietly(_connects(host, port)) is True

    return ask


async def _quietly(question: Awaitable[_Answer]) -> _Answer | None:
    with suppress(OSError, TimeoutError, EOFError, ValueError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await question
    return None


async def _connects(host: str, port: int) -> bool:
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    return True


async def _http_status(host: str, port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
        return int(line.split()[1]) if line.startswith(b"HTTP/") else 599
    finally:
        writer.close()
