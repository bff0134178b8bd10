"""Evolution's HTTP API, as far as listening needs it: states, counts, subscriptions and old messages.

findMessages loses rows between pages (it sorts by time without a tie-breaker) and reads `offset` as the page's size, so
a window is always read in one page, and halved while it holds more than a page. 1.8 reads neither `offset` nor a range
of times as 2.x does; see `_find_in_list`.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from functools import cache
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx
import msgspec

from evosense.evolution.engineio import ProtocolError
from evosense.evolution.refusals import EvolutionUnavailable, refusal
from evosense.evolution.socketio import load_json
from evosense.evolution.wire_values import as_dict, as_int, as_list, as_text

PAGE_ROWS: Final = 500
_MANY: Final = 100_000  # in place of a count that the server does not tell: more than were asked for
_TIMEOUT_S: Final = 30.0
_MOST_BYTES: Final = 64 * 2**20  # of an answer: its server is a company's own, the process is everybody's
_QR_PREFIX: Final = "data:image/png;base64,"

# At info level httpx logs each request's address, and that holds the instance's name, which is often a person's.
logging.getLogger("httpx").setLevel(logging.WARNING)


class Page(msgspec.Struct, frozen=True):
    """Records of one window. `complete` tells whether the server held no more than it gave."""

    records: list[Any]
    total: int

    @property
    def complete(self) -> bool:
        """Whether every record of the window is here."""
        return len(self.records) >= self.total


class Window(msgspec.Struct, frozen=True):
    """A part of a stretch: its end, what the server stored in it, newest first, and whether that is all of it."""

    until: datetime
    records: list[Any]
    complete: bool


class InstanceState(msgspec.Struct, frozen=True):
    """What the server tells of an instance; `messages` is its own count, None when it does not say."""

    name: str
    state: str | None
    owner_jid: str | None
    messages: int | None


class Pairing(msgspec.Struct, frozen=True):
    """What links a phone to an instance: a QR code as a `data:image/png` address, or a code to type."""

    qr_image: str | None
    pairing_code: str | None


class EvolutionClient:
    """One server with one key. Close it, or use it as an async context manager."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        pinned_host: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        """`pinned_host` is the IP address to connect to in place of the name, which stays in Host and TLS."""
        base = httpx.URL(base_url.rstrip("/"))
        headers = {"apikey": api_key, "host": base.netloc.decode()}
        self._lists = False  # a server of 1.8
        self._whole_s = 2 * timeout_s  # httpx's limit is for each piece of an answer
        self._extensions = {"sni_hostname": base.host} if pinned_host and base.scheme == "https" else {}
        if pinned_host:
            base = base.copy_with(host=pinned_host)
        self._http = httpx.AsyncClient(
            base_url=base,
            headers=headers,
            verify=_tls(),
            timeout=timeout_s,
            follow_redirects=False,  # a redirect would carry the key to another host
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._http.aclose()

    async def version(self) -> str | None:
        """The server's version, e.g. `2.3.7`."""
        return as_text(as_dict(await self._call("GET", "/")).get("version"))

    async def connection_state(self, instance: str) -> str | None:
        """`open`, `connecting` or `close`: the phone's link to WhatsApp."""
        answer = as_dict(await self._call("GET", f"/instance/connectionState/{quote(instance, safe='')}"))
        return as_text(as_dict(answer.get("instance")).get("state"))

    async def pair(self, instance: str) -> Pairing | None:
        """Begin to link a phone; answers what to scan or type, None when a phone is linked already."""
        answer = as_dict(await self._call("GET", f"/instance/connect/{quote(instance, safe='')}"))
        shown = as_dict(answer.get("qrcode")) or answer
        image, code = as_text(shown.get("base64")), as_text(shown.get("pairingCode"))
        if image is None and code is None:
            return None
        return Pairing(image if image and image.startswith(_QR_PREFIX) else None, code)

    async def fetch_instances(self, instance: str | None = None) -> list[InstanceState]:
        """The instances that the key may see, without their tokens."""
        params = {"instanceName": instance} if instance else {}
        found = as_list(await self._call("GET", "/instance/fetchInstances", params=params))
        return [state for state in map(_instance_state, found) if state is not None]

    async def set_websocket(self, instance: str, events: list[str]) -> None:
        """Switch the socket on for an instance; `events` are subscription names, empty means all."""
        body = {"websocket": {"enabled": True, "events": events}}
        await self._call("POST", f"/websocket/set/{quote(instance, safe='')}", json=body)

    async def find_messages(self, instance: str, since: datetime, until: datetime, *, rows: int = PAGE_ROWS) -> Page:
        """The messages of a window, both ends included, in one page of at most `rows`, newest first."""
        window = {"gte": _iso(since), "lte": _iso(until)}
        body = {"where": {"messageTimestamp": window}, "page": 1, "offset": rows}
        answer = None if self._lists else await self._call("POST", _find_path(instance), json=body)
        self._lists = self._lists or isinstance(answer, list)
        if self._lists:
            return await self._find_in_list(instance, since, until, max(rows, PAGE_ROWS))
        messages = as_dict(as_dict(answer).get("messages"))
        found = as_list(messages.get("records"))
        return Page(found, as_int(messages.get("total")) or len(found))

    async def _find_in_list(self, instance: str, since: datetime, until: datetime, rows: int) -> Page:
        """The same of a server of 1.8, which answers a bare list of the newest `limit` messages and tells no count.

        It hands `where` to MongoDB after flattening its objects, so a range has to be written as a list; where it keeps
        messages in files it takes no notice of it.
        """
        first, last = int(since.timestamp()), int(until.timestamp())
        window = [{"messageTimestamp": {"$gte": first}}, {"messageTimestamp": {"$lte": last}}]
        body = {"where": {"$and": window}, "limit": rows}
        records = as_list(await self._call("POST", _find_path(instance), json=body))
        times = [as_int(as_dict(record).get("messageTimestamp")) for record in records]
        inside = [record for record, at in zip(records, times, strict=True) if at is not None and first <= at <= last]
        reached = any(at is not None and at < first for at in times)  # older ones came too: the window is whole
        is_whole = len(records) < rows or reached
        return Page(inside, len(inside) if is_whole else max(len(inside) + 1, _MANY))

    async def windows(self, instance: str, since: datetime, until: datetime) -> AsyncGenerator[Window]:
        """Every message of a stretch, oldest windows first, by halving it until each part fits into one page.

        An id may come twice where windows touch. A single second with more than 500 messages is asked for once more
        with a page as large as its count.
        """
        open_ends = [(since, until)]
        while open_ends:
            start, end = open_ends.pop()
            page = await self.find_messages(instance, start, end)
            if not page.complete and end - start > timedelta(seconds=1):
                middle = start + (end - start) / 2
                open_ends += [(middle, end), (start, middle)]
                continue
            if not page.complete:
                page = await self.find_messages(instance, start, end, rows=page.total)
            yield Window(end, page.records, page.complete)

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        try:
            async with (
                asyncio.timeout(self._whole_s),
                self._http.stream(method, path, extensions=self._extensions, **options) as response,
            ):
                body = await _read(response)
        except (httpx.HTTPError, TimeoutError) as error:
            raise EvolutionUnavailable("the Evolution server can't be reached") from error
        if not response.is_success:
            raise refusal(response.status_code, body)
        try:
            return load_json(body)
        except ProtocolError as error:
            raise EvolutionUnavailable("the Evolution server answered something that is not JSON") from error


async def _read(response: httpx.Response) -> bytes:
    """The body of an answer, as long as it is one that can be held."""
    pieces: list[bytes] = []
    rest = _MOST_BYTES
    async for piece in response.aiter_bytes():
        pieces.append(piece)
        rest -= len(piece)
        if rest < 0:
            raise EvolutionUnavailable("the Evolution server's answer is too long")
    return b"".join(pieces)


def _find_path(instance: str) -> str:
    return f"/chat/findMessages/{quote(instance, safe='')}"


@cache
def _tls() -> ssl.SSLContext:
    """One for all clients: reading the certificate authorities takes 15 ms and half a megabyte each time."""
    return httpx.create_ssl_context()


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _instance_state(value: Any) -> InstanceState | None:
    # 1.8 wraps each instance once more and names the fields differently.
    fields = as_dict(as_dict(value).get("instance")) or as_dict(value)
    name = as_text(fields.get("name")) or as_text(fields.get("instanceName"))
    if name is None:
        return None
    state = as_text(fields.get("connectionStatus")) or as_text(fields.get("status"))
    owner = as_text(fields.get("ownerJid")) or as_text(fields.get("owner"))
    return InstanceState(name, state, owner, as_int(as_dict(fields.get("_count")).get("Message")))
