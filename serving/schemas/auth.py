"""Logging in."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from evosense.tenants.models import TenantStatus, UserRole
from serving.schemas.text import SecretText, Text


class Credentials(BaseModel):
    """E-mail and password."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"email": "ana@aurora.example", "password": "uma senha bem longa"}}
    )

    email: Text = Field(min_length=3, max_length=254)
    password: SecretText = Field(min_length=1, max_length=256)


class AccessToken(BaseModel):
    """What to send as `Authorization: Bearer …`. The refresh token is in an HttpOnly cookie."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLiJ9.e30.c2ln",
                "token_type": "Bearer",
                "expires_in": 600,
                "tenant_id": "01997a5c-3c43-7d3a-b6f1-2f6c1f4f6a10",
                "role": "admin",
            }
        }
    )

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int = Field(description="Seconds")
    tenant_id: UUID
    role: UserRole


class Company(BaseModel):
    """The company that a person belongs to."""

    id: UUID
    name: str = Field(examples=["Loja Aurora"])
    plan: str = Field(examples=["pro"])
    status: TenantStatus
    timezone: str = Field(description="IANA name; days are counted in it", examples=["America/Sao_Paulo"])


class Me(BaseModel):
    """Who is calling."""

    id: UUID
    name: str = Field(examples=["Ana Souza"])
    email: str = Field(examples=["ana@aurora.example"])
    role: UserRole
    tenant: Company
