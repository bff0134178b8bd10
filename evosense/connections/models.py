"""What we know about a connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Transport = Literal["socketio", "webhook", "raw_websocket"]
ConnectionState = Literal["offline", "connecting", "joining", "backfilling", "live", "refused", "stopped"]
CHANNEL = "evosense_connection"  # NOTIFY when connections were added, changed or removed; payload: the tenant's id


@dataclass(frozen=True, slots=True)
class Connection:
    """One Evolution instance of a tenant, as people see it; the token is never part of it.

    `is_held`: a living listener holds its lease. Without one, `state` is what the last listener said.
    """

    tenant_id: UUID
    id: UUID
    name: str
    server_url: str
    instance: str
    transport: Transport
    is_active: bool
    state: ConnectionState
    state_reason: str | None
    state_at: datetime | None
    whatsapp_state: str | None
    last_event_at: datetime | None
    created_at: datetime
    is_held: bool


@dataclass(frozen=True, slots=True)
class Listening:
    """A connection that is to be listened to, with what its tenant's plan says about keeping."""

    tenant_id: UUID
    id: UUID
    server_url: str
    instance: str
    transport: Transport
    token_enc: bytes | None
    own_number_enc: bytes | None
    timezone: str
    retention_days: int
    store_raw_text: bool
    embeddings: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """A connection that a listener holds; `fence` grows with every change of hands."""

    tenant_id: UUID
    connection_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class StateChange:
    """What a connection's row should say. None of `state` or `whatsapp_state` leaves that part as it is."""

    tenant_id: UUID
    connection_id: UUID
    state: ConnectionState | None = None
    reason: str | None = None
    whatsapp_state: str | None = None
