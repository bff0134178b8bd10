"""What Evolution servers post: whose it is, whether it may come in, and storing it like everything else that is heard.

An address either names the connection, or nothing: then the instance's name in the body and the secret decide. Both
ends meet in the inbox, so a message heard by socket and webhook is one. Order, repetition and the event's name in the
address (webhookByEvents) change nothing. Media in base64 are dropped with the other secret fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from evosense.connections.models import StateChange
from evosense.connections.repository import set_states
from evosense.connections.webhook_secrets import (
    WebhookTarget,
    is_proven,
    target_by_id,
    targets_by_instance,
    targets_by_secret,
    webhook_heard,
)
from evosense.db.database import AsyncPool
from evosense.errors import ConfigurationError, InvalidInput, NotAuthenticated, NotFound, NotPermitted
from evosense.evolution.canonical import CanonicalEvent, phone_state
from evosense.evolution.engineio import ProtocolError
from evosense.evolution.events import KNOWN_KINDS, canonical_kind, decode_envelope
from evosense.evolution.socketio import load_json
from evosense.evolution.wire_values import as_text
from evosense.live.publish import publish
from evosense.log import get_logger
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard, Recipient, Stored
from evosense.messages.recipients import recipient_of
from evosense.tenants.keyring import Keyring

_TRANSPORT: Final = "webhook"
_UNPROVEN: Final = (
    "Set the connection's secret in the webhook's headers: as X-EvoSense-Secret, Authorization: Bearer, or jwt_key"
)
_log = get_logger(__name__)


class WebhookUnproven(NotAuthenticated):
    """The webhook does not prove that it is from the connection's server."""

    code = "webhook_unproven"


class ForeignInstance(NotPermitted):
    """The body is of another instance than the connection's; post each instance to its own address."""

    code = "foreign_instance"


@dataclass(frozen=True, slots=True)
class Claim:
    """A connection for which the request has proven itself."""

    recipient: Recipient
    target: WebhookTarget


def is_event_path(text: str) -> bool:
    """Whether a part of an address is an event's name as webhookByEvents writes it (`messages-upsert`)."""
    return canonical_kind(text) in KNOWN_KINDS


class WebhookReceiver:
    """One per process."""

    def __init__(self, pool: AsyncPool, keyring: Keyring) -> None:
        """`pool` is in the pipeline's role: whose a webhook is turns out only here."""
        self._pool = pool
        self._keyring = keyring
        self._inbox = Inbox(pool)

    async def claim(self, connection_id: UUID, offered: tuple[str, ...]) -> Claim:
        """The connection of an address that names one; the body need not be read for it.

        Raises:
            NotFound: no connection takes webhooks under this id (removed, paused, or the company is suspended).
            WebhookUnproven: neither secret nor token fit.
        """
        async with self._pool.connection() as connection:
            target = await target_by_id(connection, connection_id)
            if target is None:
                raise NotFound
            claim = await self._proven(connection, target, offered)
        if claim is None:
            _log.warning("webhook_refused", connection_id=str(connection_id), why="unproven")
            raise WebhookUnproven(_UNPROVEN)
        return claim

    async def claims_by_secret(self, offered: tuple[str, ...]) -> list[Claim]:
        """The connections that a request to the bare address could be for, by its secret alone."""
        async with self._pool.connection() as connection:
            found = await targets_by_secret(connection, offered)
            return await self._all_proven(connection, found, offered)

    async def claim_by_body(self, envelope: dict[str, Any], offered: tuple[str, ...], likely: list[Claim]) -> Claim:
        """The connection of a request to the bare address; `likely` are those that its secret fits.

        Raises:
            WebhookUnproven: no connection has this instance and a fitting secret (never told apart), or several do.
        """
        instance = as_text(envelope.get("instance"))
        claims = [claim for claim in likely if claim.recipient.instance == instance]
        if not claims and instance is not None:
            async with self._pool.connection() as connection:
                found = await targets_by_instance(connection, instance)
                claims = await self._all_proven(connection, found, offered)
        if len(claims) != 1:
            _log.warning("webhook_refused", why="ambiguous" if claims else "unproven")
            raise WebhookUnproven(_UNPROVEN)
        return claims[0]

    async def receive(
        self, claim: Claim, envelope: dict[str, Any], *, received_at: datetime, event_name: str | None = None
    ) -> Stored:
        """Store one envelope durably; what could not be understood is kept raw.

        Raises:
            ForeignInstance: the envelope names another instance.
            psycopg.OperationalError: the database is away; the server will post again.
        """
        if as_text(envelope.get("instance")) != claim.recipient.instance:
            _log.error("instance_mismatch", connection_id=str(claim.recipient.connection_id), transport=_TRANSPORT)
            raise ForeignInstance
        events = decode_envelope(envelope, received_at=received_at, event_name=event_name)
        stored = await self._inbox.store([Heard(claim.recipient, _TRANSPORT, events)])
        await self._note(claim, events)
        return stored

    async def _note(self, claim: Claim, events: list[CanonicalEvent]) -> None:
        """The connection's state: it lives by webhooks, and what the server says of the phone."""
        phone = next((state for event in reversed(events) if (state := phone_state(event)) is not None), None)
        if phone is None and claim.target.listening.transport != "webhook":
            return
        place = (claim.recipient.tenant_id, claim.recipient.connection_id)
        async with self._pool.connection() as connection, connection.transaction():
            live = await webhook_heard(connection, *place)
            if phone is not None:
                live += await set_states(connection, [StateChange(*place, whatsapp_state=phone)])
            await publish(connection, live)

    async def _all_proven(
        self, connection: AsyncConnection[Any], targets: list[WebhookTarget], offered: tuple[str, ...]
    ) -> list[Claim]:
        claims = [await self._proven(connection, target, offered) for target in targets]
        return [claim for claim in claims if claim is not None]

    async def _proven(
        self, connection: AsyncConnection[Any], target: WebhookTarget, offered: tuple[str, ...]
    ) -> Claim | None:
        tenant_id = target.listening.tenant_id
        keys = await self._keyring.keys(connection, tenant_id)
        try:
            proven = is_proven(target, keys, offered)
        except ConfigurationError:  # sealed under a key that is newer than what we have
            self._keyring.forget(tenant_id)
            keys = await self._keyring.keys(connection, tenant_id)
            proven = is_proven(target, keys, offered)
        return Claim(recipient_of(target.listening, keys), target) if proven else None


def read_body(body: bytes) -> dict[str, Any]:
    """The envelope in a body. Raises InvalidInput when it is no JSON object."""
    try:
        envelope = load_json(body)
    except (ProtocolError, UnicodeDecodeError) as error:
        raise InvalidInput("the body is not JSON") from error
    if not isinstance(envelope, dict):
        raise InvalidInput("the body is no envelope of Evolution API")
    return envelope
