"""From an event to the wire: the envelope, who is subscribed, sockets and webhooks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from evosense.testing.evolution.instances import subscription_name
from evosense.testing.evolution.packing import ROOT, Packet, encode_envelope, event_packet

if TYPE_CHECKING:
    from collections.abc import Callable

    from evosense.testing.evolution.config import StandInConfig
    from evosense.testing.evolution.hub import Hub
    from evosense.testing.evolution.instances import Instance
    from evosense.testing.evolution.webhooks import Webhooks


class EventBus:
    """Emits events of instances as the real server does.

    Per instance: on `/<name>` when the socket is enabled and the event is in the instance's list. In global
    mode: on `/` every event of every instance, whatever its list says, and on `/<name>` besides.
    """

    def __init__(
        self, config: StandInConfig, hub: Hub, webhooks: Webhooks, clock: Callable[[], float] = time.time
    ) -> None:
        self.config = config
        self.hub = hub
        self.webhooks = webhooks
        self.clock = clock
        self.server_url = ""
        self._zone = ZoneInfo(config.timezone)
        self._second, self._second_text = 0, ""

    def local_time(self) -> str:
        """`date_time`: the server's wall clock with a `Z` that is not true."""
        now = self.clock()
        second = int(now)
        if second != self._second:
            local = datetime.fromtimestamp(second, UTC).astimezone(self._zone)
            self._second, self._second_text = second, f"{local:%Y-%m-%dT%H:%M:%S}"
        return f"{self._second_text}.{int((now - second) * 1000):03d}Z"

    def envelope(
        self, instance: Instance, event: str, data: Any, extra: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The one argument of every event; `sender` is the account's own address, absent while offline."""
        envelope: dict[str, Any] = {**(extra or {}), "event": event, "instance": instance.name, "data": data}
        envelope["server_url"] = self.server_url
        envelope["date_time"] = self.local_time()
        if instance.state == "open":
            envelope["sender"] = instance.jid
        if self.config.expose_token:
            envelope["apikey"] = instance.token
        return envelope

    def emit(self, instance: Instance, event: str, data: Any, extra: dict[str, Any] | None = None) -> None:
        """Emit one event; nothing of it is kept."""
        if self.hub.dice.faults.silences(instance.name):
            return
        namespaces = [name for name in self._namespaces(instance, event) if self.hub.wanted(name)]
        hooked = self._hooked(instance, event)
        if not namespaces and not hooked:
            return
        envelope = self.envelope(instance, event, data, extra)
        if hooked:
            self.webhooks.post(instance, event, envelope)
        if namespaces:
            body, attachments = encode_envelope(envelope)
            for namespace in namespaces:
                self.hub.publish(namespace, event_packet(namespace, event, body, attachments))

    def emit_packet(self, namespace: str, packet: Packet) -> None:
        """Emit ready frames on a namespace, byte for byte."""
        if self.hub.wanted(namespace):
            self.hub.publish(namespace, packet)

    def emit_envelope(self, namespace: str, envelope: dict[str, Any]) -> None:
        """Emit an envelope on a namespace that need not be its own: clients must refuse it."""
        body, attachments = encode_envelope(envelope)
        self.emit_packet(namespace, event_packet(namespace, str(envelope.get("event")), body, attachments))

    def _namespaces(self, instance: Instance, event: str) -> list[str]:
        found = [ROOT] if self.config.global_events else []
        setting = instance.websocket
        if setting.enabled and subscription_name(event) in setting.events:
            found.append(instance.namespace)
        return found

    @staticmethod
    def _hooked(instance: Instance, event: str) -> bool:
        setting = instance.webhook
        return setting.enabled and bool(setting.url) and subscription_name(event) in setting.events
