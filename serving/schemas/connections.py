"""Connections on the wire. Tokens go in and never come out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from evosense.connections.models import Connection as StoredConnection
from evosense.connections.models import ConnectionState, Transport
from evosense.connections.overview import Gap as StoredGap
from evosense.connections.overview import Health, Overview
from evosense.connections.probe import Found
from evosense.evolution.client import Pairing as FoundPairing
from serving.schemas.text import SecretText, Text

_NAME = "Loja centro"
_SERVER = "https://evolution.example.com"


def _sendable(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", secret.get_secret_value()):
        message = "a token goes into a header: no spaces, no letters beyond ASCII"
        raise ValueError(message)
    return secret


Token = Annotated[SecretText, AfterValidator(_sendable)]


class Connection(BaseModel):
    """A WhatsApp number that is listened to: one instance on an Evolution server."""

    id: UUID
    name: str = Field(examples=[_NAME])
    server_url: str = Field(examples=[_SERVER])
    instance: str = Field(examples=["loja-centro"])
    transport: Transport
    is_active: bool = Field(description="False while it is paused")
    state: ConnectionState = Field(description="How the listener stands to it")
    reason: str | None = Field(description="A code that explains the state", examples=["http_401"])
    state_at: datetime | None
    whatsapp_state: str | None = Field(description="The phone's own link to WhatsApp, as the server told it last")
    last_event_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, found: StoredConnection) -> Connection:
        """As the API shows it."""
        return cls(
            id=found.id,
            name=found.name,
            server_url=found.server_url,
            instance=found.instance,
            transport=found.transport,
            is_active=found.is_active,
            state=found.state,
            reason=found.state_reason,
            state_at=found.state_at,
            whatsapp_state=found.whatsapp_state,
            last_event_at=found.last_event_at,
            created_at=found.created_at,
        )


class WebhookDoor(BaseModel):
    """Where the Evolution server has to send events of this connection, and what proves that they are its own."""

    url: str = Field(examples=["https://evosense.example/api/webhooks/evolution/01997a5c-2222-7d3a-b6f1-2f6c1f4f6a10"])
    header: str = Field(examples=["X-EvoSense-Secret"])
    secret: str = Field(description="Shown this one time; may be the webhook's jwt_key instead", examples=["evw_kq3b…"])


class AddedConnection(Connection):
    """A connection just added or changed; `webhook` is there when a secret was made."""

    webhook: WebhookDoor | None = None


class NewConnection(BaseModel):
    """An instance to listen to."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": _NAME,
                "server_url": _SERVER,
                "instance": "loja-centro",
                "token": "B6D711FCDE4D4FD5936544120E713976",
                "transport": "socketio",
            }
        }
    )

    name: Text = Field(min_length=1, max_length=80)
    server_url: Text | None = Field(None, max_length=500, description="Left out: the platform's own Evolution server")
    instance: Text = Field(min_length=1, max_length=200, pattern="^[^,/#]+$")
    token: Token = Field(min_length=1, max_length=500, description="The instance's token; stored encrypted")
    transport: Transport = "socketio"
    own_number: Text | None = Field(
        None,
        max_length=30,
        description="The account's own number with its country; a `raw_websocket` tells who wrote by it alone. "
        "Stored encrypted",
    )


class ConnectionChange(BaseModel):
    """What shall be different; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Loja norte", "is_active": False}})

    name: Text | None = Field(None, min_length=1, max_length=80)
    server_url: Text | None = Field(
        None, max_length=500, description="Needs `token` too: the stored one is never sent to another server"
    )
    token: Token | None = Field(None, min_length=1, max_length=500)
    own_number: Text | None = Field(None, max_length=30, description="The account's own number; empty: forget it")
    is_active: bool | None = Field(None, description="False pauses, true listens again if the plan has room")
    new_webhook_secret: bool = Field(False, description="Take webhooks by a new secret; the former one ends")

    @model_validator(mode="after")
    def _token_with_address(self) -> Self:
        if self.server_url is not None and self.token is None:
            message = "give `token` too when the address changes"
            raise ValueError(message)
        return self


class Examined(BaseModel):
    """What the server answered just now."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "ok": False,
                "reason": "phone_not_linked",
                "detail": "The server answers, but no phone is linked to the instance; scan its QR code",
                "version": "2.3.7",
                "whatsapp_state": "close",
                "messages": 0,
            }
        }
    )

    ok: bool
    reason: str | None
    detail: str = Field(description="What it means and what to do")
    version: str | None
    whatsapp_state: str | None
    messages: int | None = Field(description="The server's own count of the instance's messages")

    @classmethod
    def of(cls, found: Found) -> Examined:
        """As the API shows it."""
        return cls(
            ok=found.reason is None,
            reason=found.reason,
            detail=found.detail,
            version=found.version,
            whatsapp_state=found.whatsapp_state,
            messages=found.messages,
        )


class Gap(BaseModel):
    """A stretch of time in which messages may have been missed."""

    from_at: datetime
    to_at: datetime
    cause: str = Field(examples=["reconnect"])
    state: Literal["open", "repaired", "partial", "lost"]
    recovered: int = Field(description="Messages that came back")
    unrecoverable: str | None = Field(description="What can't come back, and why")
    closed_at: datetime | None

    @classmethod
    def of(cls, found: StoredGap) -> Gap:
        """As the API shows it."""
        return cls.model_validate(found, from_attributes=True)


class Pairing(BaseModel):
    """What links a phone: scan the image in WhatsApp under Linked devices, or type the code."""

    qr_image: str | None = Field(description="`data:image/png;base64,…`; good for about 40 seconds")
    pairing_code: str | None

    @classmethod
    def of(cls, found: FoundPairing) -> Pairing:
        """As the API shows it."""
        return cls(qr_image=found.qr_image, pairing_code=found.pairing_code)


class ConnectionStatus(BaseModel):
    """How a connection is, at this moment."""

    id: UUID
    health: Health
    health_reason: str = Field(description="A code that explains it", examples=["live"])
    state: ConnectionState
    reason: str | None
    state_at: datetime | None
    whatsapp_state: str | None
    last_event_at: datetime | None
    is_held: bool = Field(description="A listener serves it now")
    open_gaps: int
    gaps: list[Gap] = Field(description="The newest 20")
    pairing: Pairing | None = Field(None, description="Only when asked for, and while no phone is linked")

    @classmethod
    def of(cls, found: Overview, gaps: list[StoredGap], pairing: FoundPairing | None) -> ConnectionStatus:
        """As the API shows it."""
        health, why = found.health
        return cls(
            id=found.id,
            health=health,
            health_reason=why,
            state=found.state,
            reason=found.state_reason,
            state_at=found.state_at,
            whatsapp_state=found.whatsapp_state,
            last_event_at=found.last_event_at,
            is_held=found.is_held,
            open_gaps=found.open_gaps,
            gaps=[Gap.of(gap) for gap in gaps],
            pairing=Pairing.of(pairing) if pairing else None,
        )
