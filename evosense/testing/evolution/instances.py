"""An instance: one WhatsApp account of the server, with its token, state, and where its events go."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from evosense.testing.evolution.config import ALL_EVENTS, InstanceSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def subscription_name(event: str) -> str:
    """`messages.upsert` is subscribed to as `MESSAGES_UPSERT`."""
    return event.replace(".", "_").replace("-", "_").upper()


@dataclass(slots=True)
class SocketSetting:
    """What `/websocket/set` stores."""

    enabled: bool = True
    events: list[str] = field(default_factory=lambda: list(ALL_EVENTS))


@dataclass(slots=True)
class HookSetting:
    """What `/webhook/set` stores."""

    enabled: bool = False
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    by_events: bool = False
    base64: bool = False
    events: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Instance:
    """One account.

    Attributes:
        state: What `connectionState` says: open, connecting or close.
        history_through: Row of the store up to which a history sync was sent; rows behind `history_until`
            wait for the first client that joins.
        played_until: Epoch seconds up to which scenes were written into the store.
    """

    name: str
    id: str
    token: str
    number: str
    profile_name: str
    business: str | None = None
    state: str = "open"
    websocket: SocketSetting = field(default_factory=SocketSetting)
    webhook: HookSetting = field(default_factory=HookSetting)
    history_through: int = 0
    history_until: int = 0
    played_until: float = 0.0
    created_at: str = ""

    @property
    def jid(self) -> str:
        """The account's own address, which events call `sender`."""
        return f"{self.number}@s.whatsapp.net"

    @property
    def namespace(self) -> str:
        """Its Socket.IO namespace."""
        return f"/{self.name}"

    @classmethod
    def from_spec(cls, spec: InstanceSpec, created_at: str) -> Instance:
        """An instance that is paired and open."""
        return cls(
            name=spec.name,
            id=spec.id,
            token=spec.token,
            number=spec.number,
            profile_name=spec.profile_name or spec.name,
            business=spec.business,
            websocket=SocketSetting(enabled=spec.websocket),
            created_at=created_at,
        )

    def to_json(self) -> dict[str, Any]:
        """As the store keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Instance:
        """Back from the store."""
        values = dict(stored)
        values["websocket"] = SocketSetting(**values["websocket"])
        values["webhook"] = HookSetting(**values["webhook"])
        return cls(**values)


def chosen_events(events: Sequence[str]) -> list[str]:
    """An empty list subscribes to everything."""
    return list(events) or list(ALL_EVENTS)
