"""What a stand-in server holds, whoever asks for it over whichever door: instances, rows, links, faults."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evosense.errors import InvalidInput, NotFound
from evosense.testing.evolution.captures import Capture, read_captures
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.database import Database
from evosense.testing.evolution.events import EventBus
from evosense.testing.evolution.faults import FaultDice, Faults
from evosense.testing.evolution.hub import Hub
from evosense.testing.evolution.instances import Instance
from evosense.testing.evolution.lifecycle import Lifecycle
from evosense.testing.evolution.webhooks import Webhooks
from evosense.testing.evolution.whatsapp import WhatsApp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from evosense.testing.evolution.drafts import Draft


class Installation:
    """The server without its doors: what routes, player and load work on."""

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
        self.captures: dict[str, Capture] = {}
        for spec in self.config.instances:
            self._from_spec(spec)

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
            "faults": asdict(self.dice.faults),
            "webhooks": asdict(self.webhooks.stats),
        }

    def _from_spec(self, spec: InstanceSpec) -> None:
        if spec.name not in self.instances:
            stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
            self.adopt(Instance.from_spec(spec, stamp))
        else:
            self.instances[spec.name].token = spec.token
