"""What all events of an envelope share while they are decoded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from evosense.evolution.canonical import Action, CanonicalEvent


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """The envelope's own fields, without token, false clock (`date_time`) and data.

    `owner_jid` is the account that the instance belongs to (`sender`), absent while it is not connected.
    """

    event_kind: str
    received_at: datetime
    instance: str | None = None
    server: str | None = None
    owner_jid: str | None = None

    def event(self, action: Action, raw: Any, **fields: Any) -> CanonicalEvent:
        """A canonical event of this envelope."""
        return CanonicalEvent(
            action=action,
            raw=raw,
            event_kind=self.event_kind,
            received_at=self.received_at,
            instance=self.instance,
            server=self.server,
            **fields,
        )
