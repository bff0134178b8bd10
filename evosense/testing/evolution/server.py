"""The stand-in server: everything on one port, in a test's process or as a process of its own."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from evosense.testing.evolution import answers
from evosense.testing.evolution.chat_routes import ChatRoutes
from evosense.testing.evolution.config import StandInConfig
from evosense.testing.evolution.control_routes import ControlRoutes
from evosense.testing.evolution.doors import HttpDoor, SocketDoor
from evosense.testing.evolution.hub import Hub
from evosense.testing.evolution.installation import Installation
from evosense.testing.evolution.instance_routes import InstanceRoutes
from evosense.testing.evolution.load import Load
from evosense.testing.evolution.message_routes import MessageRoutes
from evosense.testing.evolution.player import Player
from evosense.testing.evolution.setting_routes import SettingRoutes

if TYPE_CHECKING:
    from collections.abc import Callable


class EvolutionStandIn(Installation):
    """An Evolution API 2.3.7 without WhatsApp behind it.

    It is honest about transport, refusals, envelopes, binary packing, lazy namespaces, losses and the paging
    of findMessages. It proves nothing about WhatsApp itself, S3, the message brokers or polling transport.

    Use it as `async with EvolutionStandIn(StandInConfig(...)) as server:`; `server.url` is its address.
    """

    def __init__(self, config: StandInConfig | None = None, clock: Callable[[], float] = time.time) -> None:
        super().__init__(config, clock)
        self.player = Player(self)
        self.load = Load(self, self.player)
        self.port = self.config.port
        self._runner: web.AppRunner | None = None
        self._booting: asyncio.TimerHandle | None = None

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
        """Listen; then, or after `boot_s`, every paired instance boots, which brings its namespace into being."""
        self.hub.on_join = self._joined
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.config.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.bus.server_url = self.url
        self.player.prepare()
        if self.config.boot_s:
            self._booting = asyncio.get_running_loop().call_later(self.config.boot_s, self._boot)
        else:
            self._boot()
        self.player.start()

    async def stop(self) -> None:
        """End like a killed process: links die without a close frame, webhooks on their way are forgotten."""
        if self._booting is not None:
            self._booting.cancel()
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

    def _boot(self) -> None:
        for instance in self.instances.values():
            self.lifecycle.boot(instance)

    def _joined(self, namespace: str) -> None:
        """The first client that joins gets the history that waits."""
        if (instance := self.instances.get(namespace[1:])) is not None:
            self.lifecycle.sync_history(instance)

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[_unknown_path])
        http = HttpDoor(self)
        application.router.add_get("/", self._greeting)
        application.router.add_route("*", "/socket.io/", SocketDoor(self).enter)
        for part in (InstanceRoutes, SettingRoutes, ChatRoutes, MessageRoutes):
            application.router.add_routes(part(self, http).routes())
        application.router.add_routes(ControlRoutes(self, http, self.player, self.load).routes())
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
