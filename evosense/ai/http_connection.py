"""One HTTP/1.1 connection to an AI server that carries one call at a time, and the idle ones of a server.

Only what such calls need, over httptools' parser: a general client takes several times the CPU, and at 64 calls in
flight that decides how near to the server's own limit a drain comes. httpx collapses there.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast
from urllib.parse import quote, urlsplit

from httptools import HttpParserError, HttpResponseParser

_PORTS = {"http": 80, "https": 443}
_LONGEST_HEADS_BYTES = 64_000
_CONNECT_SECONDS = 2.0
_PATH_KEEPS = "/%:=&?~+!$,;'@()*[]"


@dataclass(slots=True)
class Response:
    """A reply's status, its headers as they were sent, and its body: its first part when `is_cut`."""

    status: int = 0
    fields: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    body: bytearray = field(default_factory=bytearray)
    is_cut: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """By lower-case name: read only where something went wrong."""
        return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.fields}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: server, port, whether encrypted; and the path and Host header of requests."""

    host: str
    port: int
    is_encrypted: bool
    path: str
    host_header: str

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(url: str) -> Target:
        """Raises ValueError for what is no http or https URL."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("not an http address")
        host = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
        port = parts.port or _PORTS[parts.scheme]
        shown = f"[{host}]" if ":" in host else host
        path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_PATH_KEEPS)
        return Target(host, port, parts.scheme == "https", path, f"{shown}:{port}" if parts.port else shown)


class Connection(asyncio.Protocol):
    """One connection; what httptools' parser finds comes in by the `on_…` methods."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reply: asyncio.Future[Response] | None = None
        self._parser = HttpResponseParser(self)
        self._response = Response()
        self._complete: Response | None = None
        self._is_kept = False
        self._longest = 0
        self._unread = 0

    @property
    def is_open(self) -> bool:
        """Whether another call can be made."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes, longest: int, seconds: float) -> Response:
        """Send a request and read its reply, of whose body at most `longest` bytes are kept.

        Raises:
            TimeoutError: no whole reply came within so many seconds.
            OSError: the server closed the connection first.
            HttpParserError: what it sent is no HTTP.
        """
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        self._response, self._complete = Response(), None
        self._longest, self._unread = longest, longest + _LONGEST_HEADS_BYTES
        loop = asyncio.get_running_loop()
        self._reply = loop.create_future()
        # A bare timer: asyncio.timeout takes four times as much, and there is one a call.
        alarm = loop.call_later(seconds, self._fail, TimeoutError())
        try:
            self._transport.write(request)
            return await self._reply
        finally:
            alarm.cancel()

    def close(self) -> None:
        """Close it at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        if self._reply is None or self._reply.done():
            self.close()  # nobody asked
            return
        self._unread -= len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self.close()
            self._fail(error)
            return
        if self._complete is not None:
            self._finish(self._complete, keep=self._is_kept)
        elif self._response.is_cut:
            self._finish(self._response, keep=False)
        elif self._unread < 0:
            self.close()
            self._fail(ConnectionAbortedError())

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        # A reply without a length ends with the connection.
        if exc is None and self._response.status and not self._has_length():
            self._finish(self._response, keep=False)
        else:
            self._fail(exc if isinstance(exc, OSError) else ConnectionResetError())
        self._transport = None

    def on_message_begin(self) -> None:
        """The parser met a reply."""
        self._response = Response()
        self._is_kept = False  # more than one reply is more than was asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser read a header."""
        self._response.fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The parser read the head."""
        self._response.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        """The parser read a part of the body."""
        room = self._longest - len(self._response.body)
        self._response.body += body[: max(room, 0)]
        self._response.is_cut = len(body) > room

    def on_message_complete(self) -> None:
        """The parser read a whole reply."""
        if self._complete is None and self._response.status >= 200:  # below that: "wait a moment"
            self._complete = self._response
            self._is_kept = self._parser.should_keep_alive()

    def _has_length(self) -> bool:
        return not self._response.headers.keys().isdisjoint(("content-length", "transfer-encoding"))

    def _finish(self, response: Response, *, keep: bool) -> None:
        if not keep:
            self.close()
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(response)

    def _fail(self, error: Exception) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error)


class Connections:
    """A server's connections, at most `most` at once. Use and close it in one event loop."""

    def __init__(self, most: int, timeout_seconds: float, headers: Mapping[str, str]) -> None:
        """`headers` go with every request; a call's time begins when there is a place for it."""
        self._places = asyncio.Semaphore(most)
        self._timeout_seconds = timeout_seconds
        self._headers = dict(headers)
        self._idle: dict[tuple[str, int, bool], list[Connection]] = {}
        self._heads: dict[tuple[str, str], bytes] = {}
        self._tls: ssl.SSLContext | None = None

    async def ask(self, method: str, url: str, data: bytes | None, longest: int) -> Response:
        """One call; redirects are not followed.

        Raises:
            TimeoutError: it was not reached or did not answer in time.
            OSError: the server can't be reached, or went away.
            ValueError: the URL or a header can't be sent.
            HttpParserError: what it sent is no HTTP.
        """
        head = self._head(method, url)
        request = head % len(data or b"") + (data or b"")
        target = Target.of(url)
        idle = self._idle.setdefault((target.host, target.port, target.is_encrypted), [])
        async with self._places:
            while idle and not idle[-1].is_open:
                idle.pop()
            connection = idle.pop() if idle else await self._open(target)
            try:
                response = await connection.ask(request, longest, self._timeout_seconds)
            except BaseException:
                connection.close()  # whatever it brings later is nobody's
                raise
            if connection.is_open:
                idle.append(connection)
            return response

    def close(self) -> None:
        """Close the idle ones."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    async def _open(self, target: Target) -> Connection:
        if target.is_encrypted and self._tls is None:
            self._tls = ssl.create_default_context()
        async with asyncio.timeout(min(_CONNECT_SECONDS, self._timeout_seconds)):
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection, target.host, target.port, ssl=self._tls if target.is_encrypted else None
            )
        return connection

    def _head(self, method: str, url: str) -> bytes:
        """All before the body, with %d where its length goes."""
        if (method, url) not in self._heads:
            target = Target.of(url)
            headers = {"Host": target.host_header, "Accept": "*/*", "Accept-Encoding": "identity", **self._headers}
            lines = [f"{method} {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
            if any("\r" in line or "\n" in line for line in lines):
                raise ValueError("a header of more than one line")
            text = "\r\n".join(lines).replace("%", "%%")
            self._heads[method, url] = f"{text}\r\nContent-Length: %d\r\n\r\n".encode()
        return self._heads[method, url]
