"""How much of an MCP server's replies is read: the SDK's HTTP client would read, and unpack, whatever is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import httpx2

# Of one reply, or of one event of a stream, which may stay open for days.
LONGEST_REPLY_BYTES: Final = 256_000
_EVENT_ENDS: Final = (b"\n\n", b"\r\n\r\n")


def refuse_large(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The client; its replies end with a StreamError where they grow too long, or are packed."""
    client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], _watch]}
    return client


async def _watch(response: httpx2.Response) -> None:
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
