"""Calls to AI servers over HTTP: kept alive, with a deadline, and with every failure as a value.

aiohttp, because httpx collapses at 64 calls in flight. Whatever a server sends, at most 256 kB are read.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import orjson

from evosense.ai.protocols import CallFailure

_RETRYABLE = frozenset((408, 409, 429))
# "Not implemented", as llama.cpp's server says when it was started without embeddings: it will not be later either.
_FINAL = 501
_LONGEST_REPLY_BYTES = 256_000
_LONGEST_VECTORS_BYTES = 16_000_000
# Nobody waits longer because a server says so.
_LONGEST_WAIT_SECONDS = 600.0
_CONNECT_SECONDS = 2.0
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A 200: its body and the milliseconds from the first byte sent to the last one read."""

    raw: bytes
    latency_ms: float


class HttpCalls:
    """One server's connections. Close it in the event loop that it was made in."""

    def __init__(self, *, timeout_seconds: float, slots: int, headers: Mapping[str, str] | None = None) -> None:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds)),
            connector=aiohttp.TCPConnector(limit=slots),
            headers={**_JSON, **(headers or {})},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def post(self, url: str, body: Mapping[str, Any]) -> Reply | CallFailure:
        """POST JSON; redirects are not followed."""
        return await self._ask("POST", url, orjson.dumps(body), _LONGEST_REPLY_BYTES)

    async def post_for_vectors(self, url: str, body: Mapping[str, Any]) -> Reply | CallFailure:
        """POST JSON whose reply may be large."""
        return await self._ask("POST", url, orjson.dumps(body), _LONGEST_VECTORS_BYTES)

    async def get(self, url: str) -> Reply | CallFailure:
        """GET."""
        return await self._ask("GET", url, None, _LONGEST_VECTORS_BYTES)

    async def _ask(self, method: str, url: str, data: bytes | None, longest: int) -> Reply | CallFailure:
        started = time.perf_counter()
        try:
            async with self._session.request(method, url, data=data, allow_redirects=False) as response:
                raw = await _read(response, longest)
                latency_ms = 1000 * (time.perf_counter() - started)
                if response.status == 200:
                    return Reply(raw, latency_ms)
                return refusal(response.status, response.headers, latency_ms)
        except TimeoutError:
            return CallFailure("timeout", latency_ms=1000 * (time.perf_counter() - started))
        except (aiohttp.ClientError, OSError, ValueError):
            return CallFailure("unreachable", latency_ms=1000 * (time.perf_counter() - started))


async def _read(response: aiohttp.ClientResponse, longest: int) -> bytes:
    """The whole reply, or its first part when it is absurdly long (which is no JSON, and so invalid)."""
    if response.content_length is not None and response.content_length <= longest:
        return await response.read()
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > longest:
            break
    return bytes(raw)


def refusal(status: int, headers: Mapping[str, str], latency_ms: float) -> CallFailure:
    """A status other than 200: 4xx are final, but for 408, 409 and 429; so is 501."""
    return CallFailure(
        f"http_{status}",
        retryable=status in _RETRYABLE or (status >= 500 and status != _FINAL),
        http_status=status,
        latency_ms=latency_ms,
        retry_after_seconds=retry_after(headers.get("Retry-After", "")),
    )


def retry_after(value: str) -> float | None:
    """Seconds that a Retry-After header asks for (a number or a date), at most ten minutes; None when it is unclear."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS) if math.isfinite(seconds) else None
