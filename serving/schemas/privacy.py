"""Requests of people about their data, on the wire. A phone number goes in and never comes out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evosense.privacy.models import MAX_NAME, Kind, LegalHold, PrivacyRequest, State
from serving.schemas.text import SecretText, Text

_Phone = Annotated[
    SecretText | None,
    Field(
        min_length=8,
        max_length=128,
        description="With country code; a WhatsApp address (…@lid) works too",
        examples=["+55 11 98765-4321"],
    ),
]


class Person(BaseModel):
    """Who it is about: by phone or by the contact's id."""

    model_config = ConfigDict(extra="forbid")

    phone: _Phone = None
    contact_id: UUID | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Person:
        if (self.phone is None) == (self.contact_id is None):
            message = "give `phone` or `contact_id`, not both"
            raise ValueError(message)
        return self


class NewPrivacyRequest(Person):
    """What a person asks: see their data, take them along, have their name corrected, or be erased."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"kind": "access", "phone": "+55 11 98765-4321"}}
    )

    kind: Kind
    name: Annotated[Text, Field(min_length=1, max_length=MAX_NAME)] | None = Field(
        None, description="The right name, for kind `correct`"
    )


class PrivacyRequestStatus(BaseModel):
    """A request with its due date and, once it is over, what was found or deleted by store."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: Kind
    state: State
    requested_at: datetime
    due_at: datetime = Field(description="15 days after the request (LGPD art. 19)")
    ended_at: datetime | None
    reason: str | None = Field(
        description="Why it was refused or failed: legal_hold, nothing_found or an error's class"
    )
    counts: dict[str, int]
    certificate_hash: str | None = Field(description="SHA-256 of the certificate of an erasure")
    has_answer: bool = Field(description="A zip waits at …/answer, for 15 days")

    @classmethod
    def of(cls, request: PrivacyRequest) -> PrivacyRequestStatus:
        """From the domain's request."""
        return cls.model_validate(request)


class NewLegalHold(BaseModel):
    """What must be kept: one person, or (neither given) everything of your company."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"phone": "+55 11 98765-4321", "reason": "Processo 0001234-56"}}
    )

    phone: _Phone = None
    contact_id: UUID | None = None
    reason: Annotated[Text, Field(min_length=1, max_length=500)]


class LegalHoldStatus(BaseModel):
    """A duty to keep; while it is open nothing of what it names is deleted."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    is_of_person: bool = Field(description="False: everything of the company")
    reason: str
    placed_at: datetime
    released_at: datetime | None

    @classmethod
    def of(cls, hold: LegalHold) -> LegalHoldStatus:
        """From the domain's hold."""
        return cls.model_validate(hold)
