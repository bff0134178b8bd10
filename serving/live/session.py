"""One client of the WebSocket, from its first frame to its last, apart from the web framework's details.

Protocol (version 1). Client: `{"type":"auth","token":…,"since":41?}` first, and again before the token expires;
`{"type":"ping"}`. Server: `ready` {tenant_id}, `resync` {}, `pong`, and events, all as `{v, seq, type, payload}`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import orjson

from evosense.errors import NotAuthenticated
from evosense.live.hub import Subscriber, Write, encode, frame, frame_of
from evosense.live.models import CatchUp
from evosense.tenants.access_tokens import Access, AccessTokens

CloseCode = Literal[1011, 1013, 4400, 4401, 4402, 4403, 4429]
_MAX_REPLAYED = 5_000
_PONG = frame("pong", 0, {})
CatchUpSince = Callable[[int], Awaitable[CatchUp]]
SendText = Callable[[str], Awaitable[None]]


class Closed(Exception):
    """The server ends the connection with this code."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code: CloseCode = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first frame of a client: its token, and the last number it has heard, if any."""

    token: str
    since: int | None


def parse(text: str) -> dict[str, object]:
    """A client's frame. Raises Closed (4400) for anything but a JSON object with a type."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        frame = None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise Closed(4400, "frames are JSON objects with a type")
    return frame


def greeting(text: str) -> Greeting:
    """The auth frame. Raises Closed (4401) when it is something else."""
    frame = parse(text)
    token, since = frame.get("token"), frame.get("since")
    if frame["type"] != "auth" or not isinstance(token, str):
        raise Closed(4401, "send an auth frame first")
    if since is not None and (isinstance(since, bool) or not isinstance(since, int) or since < 0):
        raise Closed(4400, "since is a number of an event")
    return Greeting(token, since)


def admit(tokens: AccessTokens, token: str, tenant_id: str) -> Access:
    """The checked token. Raises Closed: 4401 for a bad token, 4403 when it is not of this path's tenant."""
    try:
        access = tokens.check(token)
    except NotAuthenticated:
        raise Closed(4401, "the token is not valid or has expired") from None
    if str(access.tenant_id) != tenant_id.lower():
        raise Closed(4403, "the token belongs to another company")
    return access


class Session:
    """Sends what the client missed and what comes, in order and once; reads what the client says."""

    def __init__(self, access: Access, tokens: AccessTokens, subscriber: Subscriber) -> None:
        """`subscriber` has joined the hub already, so that nothing falls between catching up and listening."""
        self._access = access
        self._tokens = tokens
        self._subscriber = subscriber
        self._last = 0

    async def catch_up(self, since: int | None, newest: int, read: CatchUpSince, send: SendText) -> None:
        """Greet, and send what happened after `since`; without it, begin at `newest`."""
        self._last = newest
        await send(encode("ready", newest, {"tenant_id": str(self._access.tenant_id)}))
        if since is None:
            return
        missed = await read(since)
        if missed.resync or missed.newest - since > _MAX_REPLAYED:
            self._last = missed.newest
            await send(encode("resync", missed.newest, {}))
            return
        self._last = since
        while True:
            for event in missed.events:
                if event.is_for(self._access.role):
                    await send(frame_of(event).text)
                self._last = event.seq
            if not missed.has_more:
                return
            missed = await read(self._last)

    def go_live(self, write: Write) -> None:
        """From now on the client is told each event as it comes, beginning with those that came meanwhile."""
        self._subscriber.attach(write, self._last)

    async def listen(self, receive: Callable[[], Awaitable[str]]) -> None:
        """Read the client's frames, for ever. Raises Closed when one can't be used."""
        while True:
            said = parse(await receive())
            if said["type"] == "ping":
                self._subscriber.offer(_PONG)
            elif said["type"] == "auth":
                self._renew(str(said.get("token")))

    async def watch(self, check: Callable[[], Awaitable[None]], every_seconds: float) -> None:
        """Raise Closed: 4401 when the token expires before it was renewed, 1013 when the client reads too slowly.

        `check` is asked every so often whether the client may still listen, and raises Closed when not.
        """
        while True:
            remaining = self._access.expires_at - time.time()
            if remaining <= 0:
                raise Closed(4401, "the token has expired")
            try:
                await asyncio.wait_for(self._subscriber.fell_behind.wait(), min(remaining, every_seconds))
            except TimeoutError:
                await check()
                continue
            raise Closed(1013, "too slow; connect again with since")

    def _renew(self, token: str) -> None:
        access = admit(self._tokens, token, str(self._access.tenant_id))
        if (access.user_id, access.role) != (self._access.user_id, self._access.role):
            raise Closed(4403, "the token belongs to somebody else")
        self._access = access
