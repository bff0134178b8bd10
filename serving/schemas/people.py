"""People, invitations and passwords on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from evosense.tenants.emails import EMAIL, LONGEST_EMAIL
from evosense.tenants.invitations import Invitation as StoredInvitation
from evosense.tenants.invitations import OpenInvitation
from evosense.tenants.models import UserRole
from evosense.tenants.people import Colleague
from serving.schemas.text import SecretText, Text

_ANA = "ana@aurora.example"


def _trimmed(text: str) -> str:
    return text.strip()


Email = Annotated[Text, AfterValidator(_trimmed), Field(min_length=3, max_length=LONGEST_EMAIL, pattern=EMAIL)]
NewPassword = Annotated[SecretText, Field(min_length=10, max_length=256, description="10 characters or more")]
Name = Annotated[Text, Field(min_length=1, max_length=150)]
LinkToken = Annotated[SecretText, Field(min_length=10, max_length=200, description="What stands after # in the link")]


class Person(BaseModel):
    """Somebody with access to your company."""

    id: UUID
    name: str = Field(examples=["Ana Souza"])
    email: str = Field(examples=[_ANA])
    role: UserRole
    created_at: datetime
    last_login_at: datetime | None
    is_active: bool

    @classmethod
    def of(cls, found: Colleague) -> Person:
        """As the API shows it."""
        return cls(
            id=found.user_id,
            name=found.name,
            email=found.email,
            role=found.role,
            created_at=found.created_at,
            last_login_at=found.last_login_at,
            is_active=found.is_active,
        )


class PersonChange(BaseModel):
    """What shall be different; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": {"role": "operator"}})

    name: Name | None = None
    role: UserRole | None = None
    is_active: bool | None = Field(None, description="False logs the person out everywhere and frees their place")


class NewInvitation(BaseModel):
    """Whom to invite, and as what."""

    model_config = ConfigDict(json_schema_extra={"example": {"email": "otto@aurora.example", "role": "operator"}})

    email: Email
    role: UserRole


class Invitation(BaseModel):
    """An invitation that waits for its person."""

    id: UUID
    email: str = Field(examples=["otto@aurora.example"])
    role: UserRole
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, found: StoredInvitation) -> Invitation:
        """As the API shows it."""
        return cls(
            id=found.invitation_id,
            email=found.email,
            role=found.role,
            created_at=found.created_at,
            expires_at=found.expires_at,
        )


class Invited(BaseModel):
    """An invitation was made."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": "01997a5c-3333-7d3a-b6f1-2f6c1f4f6a10", "mailed": True, "link": None}}
    )

    id: UUID
    mailed: bool = Field(description="The link was sent to the address")
    link: str | None = Field(description="The link itself, where no mail server is set up: pass it on yourself")


class InvitationLink(BaseModel):
    """The token of an invitation's link."""

    token: LinkToken


class InvitedTo(BaseModel):
    """What an invitation is about."""

    company: str = Field(examples=["Loja Aurora"])
    email: str = Field(examples=["otto@aurora.example"])
    role: UserRole

    @classmethod
    def of(cls, found: OpenInvitation) -> InvitedTo:
        """As the API shows it."""
        return cls(company=found.company, email=found.email, role=found.role)


class Joining(BaseModel):
    """Accepts an invitation."""

    token: LinkToken
    name: Name
    password: NewPassword


class ForgottenPassword(BaseModel):
    """Whose password was forgotten."""

    model_config = ConfigDict(json_schema_extra={"example": {"email": _ANA}})

    email: Email


class ResetPassword(BaseModel):
    """The link's token and the new password."""

    token: LinkToken
    password: NewPassword


class ChangedPassword(BaseModel):
    """One's own password, from and to."""

    current: SecretText = Field(min_length=1, max_length=256)
    new: NewPassword
