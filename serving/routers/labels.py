"""What people say about messages: which ones wait for a judgement, and the judgement."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.experiments.labels import Label, store_label, waiting_for
from serving.dependencies import Allowed, ResourcesDep
from serving.schemas.problem import problems

router = APIRouter(tags=["labels"])
Reader = Annotated[Actor, Depends(Allowed("read_messages"))]
Rater = Annotated[Actor, Depends(Allowed("label_messages"))]


class MessageToLabel(BaseModel):
    """A message that waits for your judgement; what others said is not shown."""

    model_config = ConfigDict(from_attributes=True)

    batch_id: UUID
    message_id: UUID
    text: str


class NewLabel(BaseModel):
    """Your judgement of a message."""

    model_config = ConfigDict(extra="forbid")

    message_id: UUID
    sentiment: Annotated[float, Field(ge=-1, le=1)]
    satisfaction: Annotated[int, Field(ge=0, le=100)] | None = None
    emotion: Annotated[str, Field(max_length=40)] | None = None
    tone: Annotated[str, Field(max_length=40)] | None = None


@router.get("/api/labels/waiting", operation_id="list_messages_to_label", responses=problems(401, 403, 422, 503))
async def get_waiting(
    caller: Reader, found: ResourcesDep, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[MessageToLabel]:
    """Messages of your company that wait for your judgement."""
    async with tenant_transaction(found.pool, caller) as connection:
        rows = await waiting_for(connection, caller.tenant_id, str(caller.user_id), limit=limit)
    return [MessageToLabel.model_validate(row) for row in rows]


@router.post(
    "/api/labels", operation_id="label_message", status_code=204, responses=problems(401, 402, 403, 404, 422, 503)
)
async def post_label(label: NewLabel, caller: Rater, found: ResourcesDep) -> Response:
    """Judge a message; judging it again replaces what you said."""
    async with tenant_transaction(found.pool, caller) as connection:
        await store_label(connection, caller.tenant_id, str(caller.user_id), Label(**label.model_dump()))
    return Response(status_code=204)
