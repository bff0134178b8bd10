"""What the SDK neither bounds nor tells of an MCP server's replies: their length, and the status of a refusal.

It would read, and unpack, whatever is sent; and it turns any status into the same error without a number.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import httpx2

from evosense.ai.http_calls import refusal
from evosense.ai.protocols import CallFailure

# Of one reply, or of one event of a stream, which may stay open for days.
LONGEST_REPLY_BYTES: Final = 256_000
_LOWEST_REFUSAL: Final = 300  # a redirect is not followed
_EVENT_ENDS: Final = (b"\n\n", b"\r\n\r\n")


class Replies:
    """Those of one session."""

    def __init__(self) -> None:
        self._newest: httpx2.Response | None = None

    def watch(self, client: httpx2.AsyncClient) -> httpx2.AsyncClient:
        """The client; its replies end with a StreamError where they grow too long, or are packed."""
        client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], self._look_at]}
        return client

    def refused(self, latency_ms: float) -> CallFailure | None:
        """The refusal that the newest reply to a question is, if it is one."""
        newest = self._newest
        if newest is None or newest.status_code < _LOWEST_REFUSAL:
            return None
        return refusal(newest.status_code, newest.headers, latency_ms)

    async def _look_at(self, response: httpx2.Response) -> None:
        if response.request.method == "POST":  # a GET asks for events, which a server need not have
            self._newest = response
        stream = response.stream
        if isinstance(stream, httpx2.AsyncByteStream):
            packed = response.headers.get("content-encoding", "identity") != "identity"
            response.stream = _Watched(stream, 0 if packed else LONGEST_REPLY_BYTES)


class _Watched(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, longest: int) -> None:
        self._stream = stream
        self._longest = longest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        length = 0
        async for chunk in self._stream:
            begun = max(chunk.rfind(end) + len(end) if end in chunk else 0 for end in _EVENT_ENDS)
            length = len(chunk) - begun + (0 if begun else length)
            if length > self._longest:
                message = "the reply is too long, or packed"
                raise httpx2.StreamError(message)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
