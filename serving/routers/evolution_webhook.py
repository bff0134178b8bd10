"""Where Evolution servers post events: for connections without a socket, or beside one; stored like all that is heard.

Answers that Evolution does not try again (401, 403, 404, 422) are given only where trying again could not help.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Path, Request

from evosense.connections.webhook_secrets import offered_by
from evosense.errors import NotFound
from evosense.messages.webhooks import Claim, WebhookUnproven, is_event_path, read_body
from serving.dependencies import ResourcesDep
from serving.middleware import MAX_BODY_BYTES
from serving.resources import Resources
from serving.schemas.problem import problems
from serving.schemas.webhooks import WebhookReceived

PREFIX = "/api/webhooks/evolution"
# Media in base64 come inside the event, and a history in one piece: so much is read, for who has proven himself.
MAX_PROVEN_BYTES = 32 * 2**20
_ERRORS = problems(401, 403, 404, 413, 415, 422, 503)
_ENVELOPE = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["event", "instance", "data"]},
                "example": {
                    "event": "messages.upsert",
                    "instance": "loja-centro",
                    "data": {
                        "key": {"remoteJid": "5511977776666@s.whatsapp.net", "fromMe": False, "id": "3EB0AAAA0001"},
                        "message": {"conversation": "Bom dia!"},
                        "messageType": "conversation",
                        "messageTimestamp": 1795216200,
                    },
                },
            }
        },
    }
}
Where = Annotated[str, Path(description="The connection's id, or an event's name as in /messages-upsert")]
Event = Annotated[str, Path(description="The event's name as webhookByEvents adds it: messages-upsert")]
router = APIRouter(tags=["webhooks"])


@router.post(PREFIX, operation_id="receive_evolution_event", responses=_ERRORS, openapi_extra=_ENVELOPE)
async def receive_by_instance(request: Request, found: ResourcesDep) -> WebhookReceived:
    """Store an event of the connection that has the body's instance and the header's secret."""
    return await _by_instance(request, found, None)


@router.post(
    PREFIX + "/{connection}",
    operation_id="receive_connection_event",
    responses=_ERRORS,
    openapi_extra=_ENVELOPE,
)
async def receive_by_connection(connection: Where, request: Request, found: ResourcesDep) -> WebhookReceived:
    """Store an event of a connection. The secret is in X-EvoSense-Secret or Authorization, or signs its token."""
    connection_id = _as_id(connection)
    if connection_id is None:
        if not is_event_path(connection):
            raise NotFound
        return await _by_instance(request, found, connection)
    return await _by_connection(request, found, connection_id, None)


@router.post(
    PREFIX + "/{connection}/{event}",
    operation_id="receive_connection_event_by_name",
    responses=_ERRORS,
    openapi_extra=_ENVELOPE,
)
async def receive_by_event(connection: Where, event: Event, request: Request, found: ResourcesDep) -> WebhookReceived:
    """The same where Evolution adds the event's name to the address (webhookByEvents)."""
    connection_id = _as_id(connection)
    if connection_id is None:
        raise NotFound
    return await _by_connection(request, found, connection_id, event)


async def _by_connection(request: Request, found: Resources, connection_id: UUID, event: str | None) -> WebhookReceived:
    claim = await found.webhooks.claim(connection_id, offered_by(request.headers))
    return await _receive(found, claim, read_body(await _body(request, MAX_PROVEN_BYTES)), event)


async def _by_instance(request: Request, found: Resources, event: str | None) -> WebhookReceived:
    offered = offered_by(request.headers)
    if not offered:
        raise WebhookUnproven
    likely = await found.webhooks.claims_by_secret(offered)
    envelope = read_body(await _body(request, MAX_PROVEN_BYTES if likely else MAX_BODY_BYTES))
    claim = await found.webhooks.claim_by_body(envelope, offered, likely)
    return await _receive(found, claim, envelope, event)


async def _receive(found: Resources, claim: Claim, envelope: dict[str, Any], event: str | None) -> WebhookReceived:
    stored = await found.webhooks.receive(claim, envelope, received_at=datetime.now(UTC), event_name=event)
    return WebhookReceived(received=True, messages=stored.messages, changes=stored.changes)


async def _body(request: Request, limit: int) -> bytes:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415)  # and not 422, after which Evolution would not post it again
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise HTTPException(413)
        parts.append(part)
    return b"".join(parts)


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
