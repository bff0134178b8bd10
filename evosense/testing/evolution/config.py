"""What a stand-in server is told at start: its keys, its instances, its timings."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path

ALL_EVENTS = (
    "APPLICATION_STARTUP",
    "QRCODE_UPDATED",
    "MESSAGES_SET",
    "MESSAGES_UPSERT",
    "MESSAGES_EDITED",
    "MESSAGES_UPDATE",
    "MESSAGES_DELETE",
    "SEND_MESSAGE",
    "SEND_MESSAGE_UPDATE",
    "CONTACTS_SET",
    "CONTACTS_UPSERT",
    "CONTACTS_UPDATE",
    "PRESENCE_UPDATE",
    "CHATS_SET",
    "CHATS_UPSERT",
    "CHATS_UPDATE",
    "CHATS_DELETE",
    "GROUPS_UPSERT",
    "GROUP_UPDATE",
    "GROUP_PARTICIPANTS_UPDATE",
    "CONNECTION_UPDATE",
    "LABELS_EDIT",
    "LABELS_ASSOCIATION",
    "CALL",
    "TYPEBOT_START",
    "TYPEBOT_CHANGE_STATUS",
    "REMOVE_INSTANCE",
    "LOGOUT_INSTANCE",
    "INSTANCE_CREATE",
    "INSTANCE_DELETE",
    "STATUS_INSTANCE",
)
"""Names an instance may subscribe to.

`GROUP_UPDATE` is the real server's slip: the event maps to `GROUPS_UPDATE`, so `groups.update` reaches no
per-instance socket and no webhook."""


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """A WhatsApp account that exists from the start.

    `number` holds digits with country code; `business` picks the scenes that it plays (None: it plays none).
    """

    name: str
    token: str
    business: str | None = None
    number: str = "5511900000001"
    profile_name: str = ""
    instance_id: str = ""
    websocket: bool = True

    @property
    def id(self) -> str:
        """The uuid of `data.instanceId`, stable for a name unless it is given."""
        return self.instance_id or str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.evolution.invalid"))


DEMO_INSTANCES = (
    InstanceSpec("loja-aurora", "demo-token-loja-aurora", "loja_roupas", "5511900010001", "Loja Aurora"),
    InstanceSpec("clinica-sorriso", "demo-token-clinica-sorriso", "clinica", "5521900020002", "Clínica Sorriso"),
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How the real server repeats a webhook: all of it in memory, lost when the process ends."""

    attempts: int = 10
    initial_s: float = 5.0
    factor: float = 2.0
    max_s: float = 300.0
    jitter: float = 0.2
    timeout_s: float = 60.0
    never: frozenset[int] = frozenset({400, 401, 403, 404, 422})


@dataclass(frozen=True, slots=True)
class EngineTimings:
    """Engine.IO timings in seconds; tests shorten them."""

    ping_interval_s: float = 25.0
    ping_timeout_s: float = 20.0
    connect_timeout_s: float = 45.0
    max_payload: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInConfig:
    """Settings of one stand-in server; the defaults are those of a fresh 2.3.7 that has no WhatsApp traffic.

    `history_days` and `rate` (messages per second over all instances) make instances with a business play
    scenes. `allowed_hosts` are remote addresses that need no key on the socket. Evolution's own default lets
    127.0.0.1 in; here it is empty, so that a test on the loopback meets the refusals. `boot_s` is how long after the
    port opened the instances boot (half a second on a real server): no namespace exists before.
    """

    global_key: str = "demo-global-key"
    instances: tuple[InstanceSpec, ...] = DEMO_INSTANCES
    host: str = "127.0.0.1"
    port: int = 0
    state_dir: Path | None = None
    version: str = "2.3.7"
    timezone: str = "America/Sao_Paulo"
    global_events: bool = False
    expose_token: bool = True
    allowed_hosts: tuple[str, ...] = ()
    engine: EngineTimings = field(default_factory=EngineTimings)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    boot_s: float = 0.0
    history_days: float = 0.0
    history_per_day: float = 80.0
    history_chunk: int = 1000
    rate: float = 0.0
    seed: int = 1
