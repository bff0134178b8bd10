"""A connection that this listener holds, and one packet heard on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from evosense.connections.models import Lease, Listening
from evosense.evolution.socketio import Packet
from evosense.messages.models import Recipient


@dataclass(frozen=True, slots=True)
class Held:
    """A connection with its lease, its opened token and what the inbox needs to know of its tenant."""

    listening: Listening
    lease: Lease
    recipient: Recipient
    token: str = field(repr=False)

    @property
    def id(self) -> UUID:
        """The connection's id."""
        return self.listening.id

    @property
    def namespace(self) -> str:
        """The Socket.IO namespace of its instance."""
        return f"/{self.listening.instance}"

    @property
    def link_key(self) -> tuple[str, str, str]:
        """Connections with equal keys share one link: same transport, server and token."""
        # Only a socket has namespaces, so each connection of another kind has a link of its own.
        alone = "" if self.listening.transport == "socketio" else str(self.listening.id)
        return (self.listening.server_url, self.token, alone)


class Arrival(msgspec.Struct, gc=False):
    """A packet (or a text of the raw gateway) as it arrived, still undecoded.

    `routes` are all connections of the link by namespace: an event on the root namespace (global mode) names its
    instance only inside.
    """

    routes: dict[str, Held]
    packet: Packet | str
    received_at: datetime
    size: int
