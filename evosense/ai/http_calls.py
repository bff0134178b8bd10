"""Calls to AI servers over HTTP: kept alive, with a deadline, and with every failure as a value.

Whatever a server sends, at most 256 kB are read, 16 MB where vectors are asked for.
"""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from httptools import HttpParserError

from evosense.ai.http_connection import Connections
from evosense.ai.protocols import CallFailure

_RETRYABLE = frozenset((408, 409, 429))
# "Not implemented", as llama.cpp's server says when it was started without embeddings: it will not be later either.
_FINAL = 501
_LONGEST_REPLY_BYTES = 256_000
_LONGEST_VECTORS_BYTES = 16_000_000
# Nobody waits longer because a server says so.
_LONGEST_WAIT_SECONDS = 600.0
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A 200: its body and the milliseconds from the first byte sent to the last one read."""

    raw: bytes
    latency_ms: float


class HttpCalls:
    """One server's connections. Close it in the event loop that it was made in."""

    def __init__(self, *, timeout_seconds: float, slots: int, headers: Mapping[str, str] | None = None) -> None:
        self._connections = Connections(slots, timeout_seconds, {**_JSON, **(headers or {})})

    async def close(self) -> None:
        """Close the connections."""
        self._connections.close()

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
            response = await self._connections.ask(method, url, data, longest)
        except TimeoutError:
            return CallFailure("timeout", latency_ms=1000 * (time.perf_counter() - started))
        except ssl.SSLError:
            return CallFailure("tls", latency_ms=1000 * (time.perf_counter() - started))
        except (OSError, ValueError, HttpParserError):
            return CallFailure("unreachable", latency_ms=1000 * (time.perf_counter() - started))
        latency_ms = 1000 * (time.perf_counter() - started)
        if response.status != 200:
            return refusal(response.status, response.headers, latency_ms)
        return Reply(bytes(response.body), latency_ms)


def refusal(status: int, headers: Mapping[str, str], latency_ms: float) -> CallFailure:
    """A status other than 200 (`headers` by lower-case name): 4xx are final, but for 408, 409 and 429; so is 501."""
    return CallFailure(
        f"http_{status}",
        retryable=status in _RETRYABLE or (status >= 500 and status != _FINAL),
        http_status=status,
        latency_ms=latency_ms,
        retry_after_seconds=retry_after(headers.get("retry-after", "")),
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
