"""Who may pass: the socket's handshake and the guard in front of every business route."""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from evosense.testing.evolution import answers
from evosense.testing.evolution.links import Link

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from evosense.testing.evolution.installation import Installation
    from evosense.testing.evolution.instances import Instance

    InstanceHandler = Callable[[Instance, web.Request], Awaitable[web.StreamResponse]]
    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: `response.message` of a body that is not JSON.
_NOT_JSON = "Unexpected token in JSON"


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


class SocketDoor:
    """`GET /socket.io/`: refusals as the real server words them, then a link.

    Polling is refused with the real body when the key is wrong; with a right key it answers "Transport
    unknown", because this server only speaks WebSocket.
    """

    def __init__(self, server: Installation) -> None:
        self.server = server

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """Serve one handshake and, when it is accepted, the link's whole life."""
        transport = request.query.get("transport")
        if (reason := self._key_fault(request)) is not None:
            if transport == "websocket":
                return web.Response(status=400, text=reason)
            return answers.reply({"code": 4, "message": reason}, 403)
        if request.query.get("EIO") != "4":
            return answers.reply({"code": 5, "message": "Unsupported protocol version"}, 400)
        if transport != "websocket":
            return answers.reply({"code": 0, "message": "Transport unknown"}, 400)
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return answers.reply({"code": 3, "message": "Bad request"}, 400)
        return await Link(self.server.hub, self.server.config.engine).serve(request)

    def _key_fault(self, request: web.Request) -> str | None:
        """Any valid key opens the socket to every namespace: Evolution does not isolate instances here."""
        if request.remote in self.server.config.allowed_hosts:
            return None
        key = request.query.get("apikey") or request.headers.get("apikey")
        if not key:
            return "apiKey is required"
        known = [self.server.config.global_key, *(one.token for one in self.server.instances.values())]
        return None if any(_same(key, one) for one in known) else "Invalid global token"


class HttpDoor:
    """Guards in the real order: licence, existence of the instance, then the key."""

    def __init__(self, server: Installation) -> None:
        self.server = server

    def is_global(self, request: web.Request) -> bool:
        """Whether the caller holds the server's own key."""
        return _same(request.headers.get("apikey", ""), self.server.config.global_key)

    def holder(self, request: web.Request) -> Instance | None:
        """The instance whose token the caller holds."""
        key = request.headers.get("apikey", "")
        return next((one for one in self.server.instances.values() if _same(key, one.token)), None)

    async def _trouble(self, request: web.Request) -> web.Response | None:
        faults = self.server.dice.faults
        if faults.http_delay_s:
            await asyncio.sleep(faults.http_delay_s)
        if faults.license_required:
            return answers.license_required(self.server.server_id, f"{request.scheme}://{request.host}")
        if self.server.dice.hits(faults.http_error):
            return answers.problem(500, ["Internal Server Error"])
        return None

    def business(self, handler: Handler) -> Handler:
        """A route without an instance in its path: faults only, the handler checks the key."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            return await self._trouble(request) or await handler(request)

        return guarded

    def instance(self, handler: InstanceHandler) -> Handler:
        """A route of one instance: that it is unknown is told before the key is looked at."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if (trouble := await self._trouble(request)) is not None:
                return trouble
            name = request.match_info["instance"]
            instance = self.server.instances.get(name)
            if instance is None:
                return answers.no_such_instance(name)
            if not self.is_global(request) and not _same(request.headers.get("apikey", ""), instance.token):
                return answers.unauthorized()
            return await handler(instance, request)

        return guarded

    def control(self, handler: Handler) -> Handler:
        """A route of the stand-in's own: global key, no faults."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            return await handler(request) if self.is_global(request) else answers.unauthorized()

        return guarded


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request, {} for none.

    Raises:
        web.HTTPBadRequest: It is not a JSON object.
    """
    raw = await request.read()
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text=answers.problem(400, [_NOT_JSON]).text, content_type="application/json")
    return body
