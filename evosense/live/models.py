"""Live events: ids and numbers that dashboards and other consumers hear, in order, per tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

CHANNEL = "evosense_live"
EventType = Literal["message_received", "message_analyzed", "connection_state", "kpi_changed", "resync"]
Topic = Literal["messages", "connections", "kpis"]


@dataclass(frozen=True, slots=True)
class NewLiveEvent:
    """Something to hear that has no number yet. `payload` holds ids and numbers, never text or names."""

    tenant_id: UUID
    type: EventType
    topic: Topic
    payload: dict[str, Any] = field(default_factory=dict)
    audience: str = "tenant"
