"""Live events: ids and numbers that dashboards and other consumers hear, in order, per tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

CHANNEL = "evosense_live"
EventType = Literal["message_received", "message_analyzed", "connection_state", "kpi_changed", "resync"]
Topic = Literal["messages", "connections", "kpis"]


@dataclass(frozen=True, slots=True)
class NewLiveEvent:
    """Something to hear that has no number yet. `payload` holds ids, times and numbers, never text or names."""

    tenant_id: UUID
    type: EventType
    topic: Topic
    payload: dict[str, Any] = field(default_factory=dict)
    audience: str = "tenant"


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something to hear. `seq` counts without holes within the tenant; `audience` is "tenant" or a role."""

    seq: int
    type: EventType
    topic: Topic
    audience: str
    payload: dict[str, Any]
    created_at: datetime

    def is_for(self, role: str) -> bool:
        """Whether someone in `role` may hear it."""
        return self.audience in ("tenant", role)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What happened after a number.

    Attributes:
        events: in order, without holes.
        newest: the tenant's newest number; 0 before the first event.
        resync: the number is too old (or never was), so events are missing: read everything again, go on from `newest`.
        has_more: `events` was cut at the limit; ask again after its last.
    """

    events: list[LiveEvent]
    newest: int
    resync: bool = False
    has_more: bool = False
