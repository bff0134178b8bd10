"""The stand-in server: everything on one port, in a test's process or as a process of its own."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from evosense.errors import InvalidInput, NotFound
from evosense.testing.evolution import answers
from evosense.testing.evolution.captures import Capture, read_captures
from evosense.testing.evolution.chat_routes import ChatRoutes
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.control_routes import ControlRoutes
from evosense.testing.evolution.database import Database
from evosense.testing.evolution.doors import HttpDoor, SocketDoor
from evosense.testing.evolution.events import EventBus
from evosense.testing.evolution.faults import FaultDice, Faults
from evosense.testing.evolution.hub import Hub
from evosense.testing.evolution.instance_routes import InstanceRoutes
from evosense.testing.evolution.instances import Instance
from evosense.testing.evolution.lifecycle import Lifecycle
from evosense.testing.evolution.load import Load
from evosense.testing.evolution.message_routes import MessageRoutes
from evosense.testing.evolution.player import Player
from evosense.testing.evolution.setting_routes import SettingRoutes
from evosense.testing.evolution.webhooks import Webhooks
from evosense.testing.evolution.whatsapp import WhatsApp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from evosense.testing.evolution.drafts import Draft


class EvolutionStandIn:
    """An Evolution API 2.3.7 without WhatsApp behind it.

    It is honest about transport, refusals, envelopes, binary packing, lazy namespaces, losses and the paging
    of findMessages. It proves nothing about WhatsApp itself, S3, the message brokers or polling transport.

    Use it as `async with EvolutionStandIn(StandInConfig(...)) as server:`; `server.url` is its address.
    """

    def __init__(self, config: StandInConfig | None = None, clock: Callable[[], float] = time.time) -> None:
        self.config = config or StandInConfig()
        self.server_id = str(uuid.uuid4())
        self.dice = FaultDice(self.config.seed)
        self.database = Database(self.config.state_dir)
        self.instances: dict[str, Instance] = {one.name: one for one in self.database.instances()}
        self.hub = Hub(self.dice)
        self.webhooks = Webhooks(self.config.retry, self.config.seed)
        self.bus = EventBus(self.config, self.hub, self.webhooks, clock)
        self.whatsapp = WhatsApp(self.database, self.bus, self.dice, self.config.seed)
        self.lifecycle = Lifecycle(self.database, self.bus, self.config.history_chunk)
        self.player = Player(self)
        self.load = Load(self)
        self.captures: dict[str, Capture] = {}
        self.port = self.config.port
        self._runner: web.AppRunner | None = None
        for spec in self.config.instances:
            self._from_spec(spec)

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Stop and close the database."""
        await self.stop()
        self.database.close()

    @property
    def url(self) -> str:
        """`http://host:port`, once started."""
        return f"http://{self.config.host}:{self.port}"

    async def start(self) -> None:
        """Listen; then every paired instance boots, which brings its namespace into being."""
        self.hub.on_join = self._joined
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.config.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.bus.server_url = self.url
        self.player.prepare()
        for instance in self.instances.values():
            self.lifecycle.boot(instance)
        self.player.start()

    async def stop(self) -> None:
        """End like a killed process: links die without a close frame, webhooks on their way are forgotten."""
        await self.player.stop()
        self.hub.cut_links()
        await self.webhooks.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def restart(self) -> None:
        """Stop and start on the same port: rows stay, links and namespaces are gone."""
        await self.stop()
        emitted = self.hub.emitted
        self.hub = self.bus.hub = Hub(self.dice)
        self.hub.emitted.update(emitted)
        await self.start()

    def adopt(self, instance: Instance) -> None:
        """Add an instance."""
        self.instances[instance.name] = instance
        self.database.save_instance(instance)

    def drop(self, instance: Instance) -> None:
        """Remove an instance and its rows."""
        del self.instances[instance.name]
        self.database.delete_instance(instance.name)

    def instance(self, name: str) -> Instance:
        """An instance by name.

        Raises:
            NotFound: There is none.
        """
        if (found := self.instances.get(name)) is None:
            raise NotFound(f'The "{name}" instance does not exist')
        return found

    def deliver(self, name: str, drafts: Sequence[Draft]) -> int:
        """Messages arrive at an instance together; returns how many a bad row left."""
        return self.whatsapp.receive(self.instance(name), drafts)

    def set_faults(self, values: Mapping[str, object]) -> Faults:
        """Turn knobs of the faults in force."""
        self.dice.faults = self.dice.faults.changed(values)
        return self.dice.faults

    def load_captures(self, source: Path | Mapping[str, Any]) -> None:
        """Take captured frames to replay, and the instances that they come from."""
        self.captures = read_captures(source)
        for capture in self.captures.values():
            data: Any = capture.envelope["data"]
            first: dict[str, Any] = data[0] if isinstance(data, list) else data
            spec = InstanceSpec(
                name=capture.instance,
                token=capture.envelope["apikey"],
                number=str(capture.envelope.get("sender", "5511900000001@")).split("@")[0],
                instance_id=str(first.get("instanceId", "")),
            )
            known = self.instances.get(spec.name)
            if known is None:
                self._from_spec(spec)
            elif spec.instance_id:
                known.id = spec.instance_id

    def replay(self, name: str) -> None:
        """Emit one capture byte for byte; a message is stored as well.

        Raises:
            InvalidInput: There is no capture of this name.
        """
        if (capture := self.captures.get(name)) is None:
            raise InvalidInput(f"There is no capture called {name}; there are {len(self.captures)}.")
        instance = self.instance(capture.instance)
        if (row := capture.stored(self.bus.clock())) is not None:
            self.database.add_messages(instance.name, [row])
        self.bus.emit_packet(instance.namespace, capture.packet)

    def stats(self) -> dict[str, Any]:
        """What was stored, emitted and written, and how the server is set."""
        instances = {
            one.name: {
                "stored": self.database.count(one.name),
                "events": self.hub.emitted.get(one.namespace, 0),
                "delivered_events": self.hub.delivered.get(one.namespace, 0),
                "members": self.hub.members(one.namespace),
                "state": one.state,
            }
            for one in self.instances.values()
        }
        return {
            "instances": instances,
            "links": len(self.hub.links),
            "backlog_bytes": self.hub.backlog_bytes,
            "rate": self.player.rate,
            "faults": asdict(self.dice.faults),
            "webhooks": asdict(self.webhooks.stats),
        }

    def _from_spec(self, spec: InstanceSpec) -> None:
        if spec.name not in self.instances:
            stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
            self.adopt(Instance.from_spec(spec, stamp))
        else:
            self.instances[spec.name].token = spec.token

    def _joined(self, namespace: str) -> None:
        """The first client that joins gets the history that waits."""
        if (instance := self.instances.get(namespace[1:])) is not None:
            self.lifecycle.sync_history(instance)

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[_unknown_path])
        http = HttpDoor(self)
        application.router.add_get("/", self._greeting)
        application.router.add_route("*", "/socket.io/", SocketDoor(self).enter)
        for part in (InstanceRoutes, SettingRoutes, ChatRoutes, MessageRoutes, ControlRoutes):
            application.router.add_routes(part(self, http).routes())
        return application

    async def _greeting(self, request: web.Request) -> web.StreamResponse:
        """Without a key: how a client learns the version."""
        return answers.reply(
            {
                "status": 200,
                "message": "Welcome to the Evolution API, it is working!",
                "version": self.config.version,
                "clientName": "evolution_exchange",
                "manager": f"{request.scheme}://{request.host}/manager",
                "documentation": "https://doc.evolution-api.com",
            }
        )


@web.middleware
async def _unknown_path(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """Paths that do not exist, in Express' words."""
    if request.match_info.http_exception is not None:
        return answers.problem(404, [f"Cannot {request.method} {request.path}"])
    return await handler(request)
