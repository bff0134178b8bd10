"""The company, its usage and its audit log on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from evosense.billing.entitlements import Entitlements
from evosense.billing.models import METERS, Access, Meter
from evosense.tenants.audit import Act
from evosense.tenants.company import CompanyFacts, Locale
from evosense.tenants.models import TenantStatus
from serving.schemas.text import Text


class CompanyDetails(BaseModel):
    """Your company."""

    id: UUID
    name: str = Field(examples=["Loja Aurora"])
    plan: str = Field(examples=["pro"])
    status: TenantStatus
    timezone: str = Field(description="IANA name; days are counted in it", examples=["America/Sao_Paulo"])
    locale: Locale
    created_at: datetime

    @classmethod
    def of(cls, found: CompanyFacts) -> CompanyDetails:
        """As the API shows it."""
        return cls(
            id=found.tenant_id,
            name=found.name,
            plan=found.plan_id,
            status=found.status,
            timezone=found.timezone,
            locale=found.locale,
            created_at=found.created_at,
        )


class CompanyChange(BaseModel):
    """What shall be different; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": {"timezone": "America/Manaus"}})

    name: Annotated[Text, Field(min_length=1, max_length=160)] | None = None
    timezone: Annotated[Text, Field(min_length=1, max_length=64)] | None = Field(
        None, description="IANA name. Every day is counted anew, which takes a while"
    )
    locale: Locale | None = None


class MeterUse(BaseModel):
    """How much of a limited thing is in use."""

    meter: Meter
    used: int
    limit: int | None = Field(description="null: no limit")


class Usage(BaseModel):
    """What the plan gives and how much of it is in use: now, or in this local day (exports) or month (campaigns)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "plan": "pro",
                "status": "active",
                "access": "full",
                "meters": [{"meter": "connections", "used": 2, "limit": 3}],
                "retention_days": 180,
                "store_raw_text": True,
                "embeddings": True,
            }
        }
    )

    plan: str
    status: TenantStatus
    access: Access
    meters: list[MeterUse]
    retention_days: int
    store_raw_text: bool
    embeddings: bool

    @classmethod
    def of(cls, allowed: Entitlements, used: Mapping[Meter, int]) -> Usage:
        """As the API shows it."""
        return cls(
            plan=allowed.plan_id,
            status=allowed.standing.tenant_status,
            access=allowed.standing.access,
            meters=[MeterUse(meter=meter, used=used[meter], limit=allowed.limits[meter]) for meter in METERS],
            retention_days=allowed.retention_days,
            store_raw_text=allowed.store_raw_text,
            embeddings=allowed.embeddings,
        )


class AuditEntry(BaseModel):
    """Something that somebody did."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01997a5c-4444-7d3a-b6f1-2f6c1f4f6a10",
                "at": "2026-11-20T14:03:21Z",
                "actor": "user:01997a5c-5555-7d3a-b6f1-2f6c1f4f6a10",
                "action": "connection_added",
                "target": "connection:01997a5c-2222-7d3a-b6f1-2f6c1f4f6a10",
                "detail": {"transport": "socketio"},
            }
        }
    )

    id: UUID
    at: datetime
    actor: str = Field(description="A kind and an id, or a part of the system")
    action: str
    target: str
    detail: dict[str, Any] = Field(description="Ids, codes and numbers")

    @classmethod
    def of(cls, found: Act) -> AuditEntry:
        """As the API shows it."""
        return cls.model_validate(found, from_attributes=True)


class AuditPage(BaseModel):
    """Entries, the newest first."""

    items: list[AuditEntry]
    next_page: str | None = Field(description="Hand it back as `page` for older ones; null at the end")
