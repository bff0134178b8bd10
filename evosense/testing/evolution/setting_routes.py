"""`/websocket/…` and `/webhook/…`: where an instance's events go."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from aiohttp import web

from evosense.testing.evolution import answers
from evosense.testing.evolution.config import ALL_EVENTS
from evosense.testing.evolution.doors import HttpDoor, body_of
from evosense.testing.evolution.instances import HookSetting, Instance, SocketSetting, chosen_events

if TYPE_CHECKING:
    from evosense.testing.evolution.installation import Installation


class SettingRoutes:
    """Handlers of the event settings."""

    def __init__(self, server: Installation, door: HttpDoor) -> None:
        self.server = server
        self.door = door

    def routes(self) -> list[web.RouteDef]:
        """Paths and handlers."""
        guard = self.door.instance
        return [
            web.post("/websocket/set/{instance}", guard(self.set_socket)),
            web.get("/websocket/find/{instance}", guard(self.find_socket)),
            web.post("/webhook/set/{instance}", guard(self.set_webhook)),
            web.get("/webhook/find/{instance}", guard(self.find_webhook)),
        ]

    async def set_socket(self, instance: Instance, request: web.Request) -> web.StreamResponse:
        """`events: []` means all; leaving `events` out is a 500 on the real server too."""
        wanted = (await body_of(request)).get("websocket")
        if not isinstance(wanted, dict) or "enabled" not in wanted:
            return answers.invalid('instance requires property "websocket"')
        if (fault := _events_fault("websocket", wanted)) is not None:
            return fault
        if "events" not in wanted:
            return answers.problem(500, ["Cannot read properties of undefined (reading 'length')"])
        instance.websocket = SocketSetting(bool(wanted["enabled"]), chosen_events(wanted["events"]))
        self.server.database.save_instance(instance)
        return answers.reply(self._socket(instance), 201)

    async def find_socket(self, instance: Instance, _request: web.Request) -> web.StreamResponse:
        """The stored setting."""
        return answers.reply(self._socket(instance))

    async def set_webhook(self, instance: Instance, request: web.Request) -> web.StreamResponse:
        """Store where to post."""
        wanted = (await body_of(request)).get("webhook")
        if not isinstance(wanted, dict):
            return answers.invalid('instance requires property "webhook"')
        if missing := [name for name in ("enabled", "url") if name not in wanted]:
            return answers.invalid(*(f'instance.webhook requires property "{name}"' for name in missing))
        if (fault := _events_fault("webhook", wanted)) is not None:
            return fault
        url = str(wanted["url"])
        if not url.startswith(("http://", "https://")):
            return answers.problem(400, ["Invalid 'url' property"])
        headers = {str(name): str(value) for name, value in (wanted.get("headers") or {}).items()}
        instance.webhook = HookSetting(
            enabled=bool(wanted["enabled"]),
            url=url.rstrip("/"),
            headers=headers,
            by_events=bool(wanted.get("byEvents")),
            base64=bool(wanted.get("base64")),
            events=chosen_events(wanted.get("events") or []),
        )
        self.server.database.save_instance(instance)
        return answers.reply(self._webhook(instance), 201)

    async def find_webhook(self, instance: Instance, _request: web.Request) -> web.StreamResponse:
        """The stored setting, null when there is none."""
        return answers.reply(self._webhook(instance) if instance.webhook.url else None)

    @staticmethod
    def _socket(instance: Instance) -> dict[str, Any]:
        setting = instance.websocket
        return {"enabled": setting.enabled, "events": setting.events, **_row(instance, "websocket")}

    @staticmethod
    def _webhook(instance: Instance) -> dict[str, Any]:
        setting = instance.webhook
        return {
            "url": setting.url,
            "headers": setting.headers,
            "enabled": setting.enabled,
            "events": setting.events,
            "webhookByEvents": setting.by_events,
            "webhookBase64": setting.base64,
            **_row(instance, "webhook"),
        }


def _row(instance: Instance, kind: str) -> dict[str, Any]:
    stamp = instance.created_at
    row_id = str(uuid.uuid5(uuid.UUID(instance.id), kind))
    return {"id": row_id, "createdAt": stamp, "updatedAt": stamp, "instanceId": instance.id}


def _events_fault(field: str, wanted: dict[str, Any]) -> web.Response | None:
    events = wanted.get("events", [])
    for index, name in enumerate(events if isinstance(events, list) else []):
        if name not in ALL_EVENTS:
            return answers.invalid(
                f"instance.{field}.events[{index}] is not one of enum values: {','.join(ALL_EVENTS)}"
            )
    return None if isinstance(events, list) else answers.invalid(f"instance.{field}.events is not of a type(s) array")
