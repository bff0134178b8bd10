"""What we know about a tenant and its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

TenantStatus = Literal["pending", "trial", "active", "grace", "suspended", "canceled"]
UserRole = Literal["admin", "operator", "analyst"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer company with what its plan allows. `timezone` is an IANA name; days are counted in it."""

    tenant_id: UUID
    name: str
    plan_id: str
    status: TenantStatus
    timezone: str
    session_gap_hours: int
    shelf: int
    retention_days: int
    store_raw_text: bool
    embeddings: bool


@dataclass(frozen=True, slots=True)
class Login:
    """What a log-in attempt is checked against."""

    tenant_id: UUID
    user_id: UUID
    name: str
    role: UserRole
    password_hash: str
    tenant_status: TenantStatus


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with access to a tenant, and that tenant, as `GET /api/me` shows them."""

    user_id: UUID
    name: str
    email: str
    role: UserRole
    tenant_id: UUID
    tenant_name: str
    plan_id: str
    tenant_status: TenantStatus
    timezone: str
