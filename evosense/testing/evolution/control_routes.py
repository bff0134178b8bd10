"""`/_standin/…`: the stand-in's own API, for tests and benchmarks that run it as a process.

The global key opens it.

It is no part of Evolution: a client under test never calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from aiohttp import web

from evosense.errors import EvoSenseError, InvalidInput
from evosense.testing.evolution import answers
from evosense.testing.evolution.doors import HttpDoor, body_of
from evosense.testing.evolution.drafts import Draft, Kind, Quote, Source, Target, new_key_id

if TYPE_CHECKING:
    from evosense.testing.evolution.doors import Handler
    from evosense.testing.evolution.installation import Installation
    from evosense.testing.evolution.instances import Instance
    from evosense.testing.evolution.load import Load
    from evosense.testing.evolution.player import Player


class ControlRoutes:
    """Handlers of the control routes."""

    def __init__(self, server: Installation, door: HttpDoor, player: Player, load: Load) -> None:
        self.server = server
        self.door = door
        self.player = player
        self.load = load

    def routes(self) -> list[web.RouteDef]:
        """Paths and handlers."""
        posts = {
            "instances": self.add_instance,
            "emit": self.emit,
            "burst": self.burst,
            "history": self.history,
            "status": self.status,
            "edit": self.edit,
            "revoke": self.revoke,
            "replay": self.replay,
            "envelope": self.envelope,
            "connection": self.connection,
            "pair": self.pair,
            "faults": self.faults,
            "rate": self.rate,
            "cut": self.cut,
        }
        routes = [web.post(f"/_standin/{name}", self._guard(handler)) for name, handler in posts.items()]
        routes.append(web.get("/_standin/stats", self._guard(self.stats)))
        routes.append(web.get("/_standin/messages/{instance}", self._guard(self.messages)))
        return routes

    def _guard(self, handler: Handler) -> Handler:
        async def told(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except EvoSenseError as error:
                return answers.reply({"error": error.detail}, error.status)
            except (KeyError, TypeError, ValueError) as error:
                return answers.reply({"error": f"The body is not as documented: {error!r}"}, 422)

        return self.door.control(told)

    async def stats(self, _request: web.Request) -> web.StreamResponse:
        """Counts for each instance, faults in force, links, and how far the slowest client is behind."""
        return answers.reply({**self.server.stats(), "rate": self.player.rate})

    async def messages(self, request: web.Request) -> web.StreamResponse:
        """All that an instance stored: [row, id, from me, type, ts, emitted (epoch s; null: history)]."""
        instance = self.server.instance(request.match_info["instance"])
        since = int(request.query.get("since_row", "0"))
        return answers.reply({"messages": self.server.database.ledger(instance.name, since)})

    async def add_instance(self, request: web.Request) -> web.StreamResponse:
        """`{"name", "token"?, "business"?, "number"?}`, or `{"count", "prefix"}` for many; all are open."""
        body = await body_of(request)
        return answers.reply({"instances": self.load.add_instances(body)}, 201)

    async def emit(self, request: web.Request) -> web.StreamResponse:
        """`{"instance", "messages": [{…Draft…}]}`; ids and times are made up where they are missing."""
        body = await body_of(request)
        drafts = [self._draft(one) for one in body["messages"]]
        left = self.server.deliver(body["instance"], drafts)
        return answers.reply({"ids": [one.key_id for one in drafts[:left]]})

    async def burst(self, request: web.Request) -> web.StreamResponse:
        """`{"instances"?, "count", "rate"?}`: scenes at full speed or at a rate; answers after the last.

        At a rate it is told how late the stand-in itself was, in milliseconds.
        """
        body = await body_of(request)
        sent = await self.load.burst(int(body["count"]), rate=float(body.get("rate") or 0), names=body.get("instances"))
        late = sorted(self.load.late_ms)
        told = {f"late_p{part}_ms": round(late[len(late) * part // 100], 2) for part in (50, 95)} if late else {}
        return answers.reply({"sent": sent, **told})

    async def history(self, request: web.Request) -> web.StreamResponse:
        """`{"instance", "count", "text_bytes"?}`: one `messages.set` of `count` messages, stored as well."""
        body = await body_of(request)
        ids = self.load.history_frame(body["instance"], int(body["count"]), int(body.get("text_bytes") or 0))
        return answers.reply({"ids": ids})

    async def status(self, request: web.Request) -> web.StreamResponse:
        """`{"instance", "message": {…Draft…}, "status"}`."""
        body = await body_of(request)
        instance = self.server.instance(body["instance"])
        known = self.server.whatsapp.status(instance, self._draft(body["message"]), str(body["status"]))
        return answers.reply({"known": known})

    async def edit(self, request: web.Request) -> web.StreamResponse:
        """`{"instance", "message": {…Draft…}, "text"}`."""
        body = await body_of(request)
        instance = self.server.instance(body["instance"])
        return answers.reply({"known": self.server.whatsapp.edit(instance, self._draft(body["message"]), body["text"])})

    async def revoke(self, request: web.Request) -> web.StreamResponse:
        """`{"instance", "message": {…Draft…}}`."""
        body = await body_of(request)
        instance = self.server.instance(body["instance"])
        return answers.reply({"known": self.server.whatsapp.revoke(instance, self._draft(body["message"]))})

    async def replay(self, request: web.Request) -> web.StreamResponse:
        """`{"captures": {…wire.json…}}` to load, `{"names": […]}` to emit in that order; or both."""
        body = await body_of(request)
        if "captures" in body:
            self.server.load_captures(body["captures"])
        for name in body.get("names", []):
            self.server.replay(str(name))
        return answers.reply({"captures": list(self.server.captures)})

    async def envelope(self, request: web.Request) -> web.StreamResponse:
        """`{"namespace", "envelope"}` emitted as it is, on whatever namespace."""
        body = await body_of(request)
        self.server.bus.emit_envelope(str(body["namespace"]), body["envelope"])
        return answers.reply({})

    async def connection(self, request: web.Request) -> web.StreamResponse:
        """`{"instance", "state", "reason"?}`: the state of the WhatsApp side, with its event."""
        body = await body_of(request)
        instance = self.server.instance(body["instance"])
        self.server.lifecycle.connection(instance, str(body["state"]), int(body.get("reason") or 200))
        return answers.reply({"state": instance.state})

    async def pair(self, request: web.Request) -> web.StreamResponse:
        """`{"instance"}`: the QR code was scanned; the history waits for the next client that joins."""
        instance = self._instance(await body_of(request))
        self.server.lifecycle.pair(instance)
        return answers.reply({"state": instance.state})

    async def faults(self, request: web.Request) -> web.StreamResponse:
        """Knobs by name, see `Faults`; answers all of them."""
        faults = self.server.set_faults(await body_of(request))
        return answers.reply(faults)

    async def rate(self, request: web.Request) -> web.StreamResponse:
        """`{"rate"}`: messages per second of live scenes over all instances."""
        self.player.set_rate(float((await body_of(request))["rate"]))
        return answers.reply({"rate": self.player.rate})

    async def cut(self, _request: web.Request) -> web.StreamResponse:
        """Cut every link without a close frame."""
        return answers.reply({"cut": self.server.hub.cut_links()})

    def _instance(self, body: dict[str, Any]) -> Instance:
        return self.server.instance(str(body["instance"]))

    def _draft(self, given: dict[str, Any]) -> Draft:
        values = dict(given)
        kind: str = values.get("kind", "text")
        if kind not in get_args(Kind):
            raise InvalidInput(f"There is no kind of message called {kind}.")
        source: Source = values.pop("source", "android")
        values.setdefault("key_id", new_key_id(self.server.whatsapp.rng, source))
        values.setdefault("sent_at", int(self.server.bus.clock()))
        if isinstance(values.get("quote"), dict):
            values["quote"] = Quote(**values["quote"])
        if isinstance(values.get("target"), dict):
            values["target"] = Target(**values["target"])
        return Draft(**values)
