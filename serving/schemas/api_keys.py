"""API keys on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from evosense.tenants.api_keys import ApiKey as StoredKey
from serving.permissions import KEY_ACTS
from serving.schemas.instant import Instant
from serving.schemas.text import Text


def _known(scope: str) -> str:
    if scope not in KEY_ACTS:
        message = f"keys can be made for: {', '.join(sorted(KEY_ACTS))}"
        raise ValueError(message)
    return scope


Scope = Annotated[
    str,
    AfterValidator(_known),
    Field(json_schema_extra={"enum": [str(act) for act in sorted(KEY_ACTS)]}, examples=["read_metrics"]),
]


class ApiKey(BaseModel):
    """A key that another system calls with."""

    id: UUID
    name: str = Field(examples=["Painel da diretoria"])
    hint: str = Field(description="How the key begins and ends", examples=["evk_…h3Q2Zg"])
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute")

    @classmethod
    def of(cls, found: StoredKey) -> ApiKey:
        """As the API shows it."""
        return cls(
            id=found.api_key_id,
            name=found.name,
            hint=found.prefix,
            scopes=found.scopes,
            created_by=found.created_by,
            created_at=found.created_at,
            expires_at=found.expires_at,
            last_used_at=found.last_used_at,
        )


class NewApiKey(BaseModel):
    """What a key is for."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Painel da diretoria", "scopes": ["read_metrics"], "expires_at": None}}
    )

    name: Text = Field(min_length=1, max_length=80)
    scopes: list[Scope] = Field(min_length=1, max_length=50)
    expires_at: Instant | None = None


class MadeApiKey(BaseModel):
    """A key, shown this one time. Send it as `Authorization: Bearer evk_…` or `X-API-Key`."""

    id: UUID
    key: str = Field(examples=["evk_AZl6XDxDfTq28S9sH09qEHVu…"])


class ApiKeys(BaseModel):
    """The company's keys, and what keys can be made for."""

    items: list[ApiKey]
    scopes: list[str] = Field(examples=[["read_messages", "read_metrics"]])
