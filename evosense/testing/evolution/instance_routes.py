"""`/instance/…`: create, connect, list, state, logout, delete."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from evosense.testing.evolution import answers
from evosense.testing.evolution.doors import HttpDoor, body_of
from evosense.testing.evolution.instances import Instance

if TYPE_CHECKING:
    from evosense.testing.evolution.installation import Installation

_INTEGRATION = "WHATSAPP-BAILEYS"


class InstanceRoutes:
    """Handlers of the instance routes."""

    def __init__(self, server: Installation, door: HttpDoor) -> None:
        self.server = server
        self.door = door

    def routes(self) -> list[web.RouteDef]:
        """Paths and handlers."""
        guard = self.door.instance
        return [
            web.post("/instance/create", self.door.business(self.create)),
            web.get("/instance/fetchInstances", self.door.business(self.list)),
            web.get("/instance/connectionState/{instance}", guard(self.state)),
            web.get("/instance/connect/{instance}", guard(self.connect)),
            web.post("/instance/restart/{instance}", guard(self.restart)),
            web.delete("/instance/logout/{instance}", guard(self.logout)),
            web.delete("/instance/delete/{instance}", guard(self.delete)),
        ]

    async def create(self, request: web.Request) -> web.StreamResponse:
        """A new instance, not paired; with `qrcode: true` pairing starts at once."""
        if not self.door.is_global(request):
            return answers.unauthorized()
        body = await body_of(request)
        name = str(body.get("instanceName") or "")
        if not name:
            return answers.invalid('instance requires property "instanceName"')
        if name in self.server.instances:
            return answers.problem(403, [f'This name "{name}" is already in use.'])
        instance = Instance(
            name=name,
            id=str(uuid.uuid4()),
            token=str(body.get("token") or secrets.token_hex(16).upper()),
            number=str(body.get("number") or f"55119{secrets.randbelow(10**8):08d}"),
            profile_name=name,
            state="close",
            created_at=_now(),
        )
        self.server.adopt(instance)
        self.server.bus.emit(instance, "instance.create", {"instanceName": name, "instanceId": instance.id})
        answer: dict[str, Any] = {
            "instance": {
                "instanceName": name,
                "instanceId": instance.id,
                "integration": _INTEGRATION,
                "webhookWaUrl": None,
                "accessTokenWaBusiness": "",
                "status": "connecting",
            },
            "hash": instance.token,
        }
        if body.get("qrcode"):
            answer["qrcode"] = self.server.lifecycle.show_qr(instance)
        return answers.reply(answer, 201)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """All instances for the global key, the caller's own for a token; tokens are in the answer."""
        name = request.query.get("instanceName")
        if self.door.is_global(request):
            found = [one for one in self.server.instances.values() if name in (None, one.name)]
        elif (own := self.door.holder(request)) is not None:
            found = [own] if name in (None, own.name) else []
        else:
            return answers.unauthorized()
        if name is not None and not found:
            return answers.problem(404, [f'Instance "{name}" not found'])
        return answers.reply([self._listed(one) for one in found])

    def _listed(self, instance: Instance) -> dict[str, Any]:
        listed: dict[str, Any] = {
            "id": instance.id,
            "name": instance.name,
            "connectionStatus": instance.state,
            "ownerJid": instance.jid if instance.state == "open" else None,
            "profileName": instance.profile_name,
            "profilePicUrl": None,
            "integration": _INTEGRATION,
            "number": instance.number,
            "businessId": None,
            "token": instance.token,
            "clientName": "evolution_exchange",
            "disconnectionReasonCode": None,
            "disconnectionObject": None,
            "disconnectionAt": None,
            "createdAt": instance.created_at,
            "updatedAt": instance.created_at,
            "Setting": None,
            "_count": self.server.database.totals(instance.name),
        }
        if not self.server.config.expose_token:
            del listed["token"]
        return listed

    async def state(self, instance: Instance, _request: web.Request) -> web.StreamResponse:
        """open, connecting or close."""
        return answers.reply({"instance": {"instanceName": instance.name, "state": instance.state}})

    async def connect(self, instance: Instance, request: web.Request) -> web.StreamResponse:
        """A QR code, or the state of an instance that is open already."""
        if instance.state == "open":
            return await self.state(instance, request)
        return answers.reply(self.server.lifecycle.show_qr(instance))

    async def restart(self, instance: Instance, request: web.Request) -> web.StreamResponse:
        """Reconnect to WhatsApp."""
        if instance.state == "open":
            self.server.lifecycle.boot(instance)
        return await self.state(instance, request)

    async def logout(self, instance: Instance, _request: web.Request) -> web.StreamResponse:
        """Unlink the account; its rows stay."""
        if instance.state != "open":
            return answers.problem(400, [f'The "{instance.name}" instance is not connected'])
        self.server.lifecycle.logout(instance)
        return answers.reply({"status": "SUCCESS", "error": False, "response": {"message": "Instance logged out"}})

    async def delete(self, instance: Instance, _request: web.Request) -> web.StreamResponse:
        """Remove the instance with all its rows."""
        self.server.bus.emit(instance, "instance.delete", {"instanceName": instance.name, "instanceId": instance.id})
        self.server.bus.emit(instance, "remove.instance", {"instanceName": instance.name})
        self.server.drop(instance)
        return answers.reply({"status": "SUCCESS", "error": False, "response": {"message": "Instance deleted"}})


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
