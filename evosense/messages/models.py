"""What the inbox is given and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from evosense.db.ids import new_id
from evosense.evolution.canonical import CanonicalEvent
from evosense.tenants.keys import TenantKeys


@dataclass(frozen=True, slots=True)
class Recipient:
    """The connection that something was heard on, with what its tenant's plan allows.

    `retention_days` and `store_raw_text` are the plan's; `zone` is the tenant's timezone; `own_address` is the
    account's own, where its number was given.
    """

    tenant_id: UUID
    connection_id: UUID
    instance: str
    zone: ZoneInfo
    retention_days: int
    store_raw_text: bool
    embeddings: bool
    keys: TenantKeys
    own_address: str | None = None


class Heard(msgspec.Struct, gc=False):
    """One envelope heard on a connection.

    `fence` is the listener's lease, None where none is needed (webhooks). `raw_id` names the raw event that is driven
    again: it is there already. `id` is what a new one will be called: when a flush is tried again because nobody knows
    whether it was committed, even a message without an id of its own is the same.
    """

    recipient: Recipient
    transport: str
    events: list[CanonicalEvent]
    fence: int | None = None
    raw_id: UUID | None = None
    id: UUID = msgspec.field(default_factory=new_id)


@dataclass(slots=True)
class Stored:
    """What one call of `Inbox.store` did, in rows.

    `refused` counts events of erased people or older than the plan keeps; `fenced` holds connections whose lease
    somebody else has by now: nothing of theirs was written.
    """

    raw_events: int = 0
    messages: int = 0
    changes: int = 0
    tasks: int = 0
    refused: int = 0
    failed: int = 0
    fenced: set[UUID] = field(default_factory=set[UUID])

    def add(self, other: Stored) -> None:
        """Count another call's rows in."""
        self.raw_events += other.raw_events
        self.messages += other.messages
        self.changes += other.changes
        self.tasks += other.tasks
        self.refused += other.refused
        self.failed += other.failed
        self.fenced |= other.fenced
