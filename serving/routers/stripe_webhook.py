"""Where Stripe tells what happened. Stored at once, worked in by Dagster."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from evosense.billing.payments import BillingOff
from evosense.billing.webhook_events import read_event, receive, verify
from serving.dependencies import ResourcesDep
from serving.schemas.billing import Received
from serving.schemas.problem import problems

router = APIRouter(tags=["billing"])


@router.post("/api/webhooks/stripe", operation_id="receive_stripe_event", responses=problems(400, 413, 422, 503))
async def receive_stripe_event(request: Request, found: ResourcesDep) -> Received:
    """Store a signed event of Stripe, once; 200 for one that is known already."""
    if not found.billing.secrets:
        raise BillingOff
    body = await request.body()  # the bytes as they came: a signature is over them, not over what they mean
    verify(body, request.headers.get("stripe-signature"), found.billing.secrets, datetime.now(UTC))
    event = read_event(body)
    async with found.pool.connection() as connection:
        is_new = await receive(connection, event)
    return Received(received=True, new=is_new)
