"""Conversations: listed, read, closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Response

from evosense.conversations.repository import close_conversation, conversation_of, messages_of, session_gap
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.conversation_pages import Place, list_conversations
from evosense.metrics.stitch import clock
from serving.dependencies import Allowed, ResourcesDep
from serving.schemas.conversations import ConversationDetail, ConversationItem, ConversationPage, ConversationQuery
from serving.schemas.problem import problems

router = APIRouter(tags=["conversations"])
Reader = Annotated[Actor, Depends(Allowed("read_messages"))]
Closer = Annotated[Actor, Depends(Allowed("close_conversations"))]
_A_YEAR = timedelta(days=365)


@router.get("/api/conversations", operation_id="list_conversations", responses=problems(401, 402, 403, 422, 503))
async def get_conversations(
    query: Annotated[ConversationQuery, Query()], caller: Reader, found: ResourcesDep
) -> ConversationPage:
    """Conversations of individual chats, newest first."""
    async with tenant_transaction(found.pool, caller) as connection:
        today = (await clock(connection, caller.tenant_id)).today
        to_day = query.to_day or max(today, query.from_day or today)
        page = await list_conversations(
            connection,
            caller.tenant_id,
            query.as_filter(),
            from_day=query.from_day or to_day - _A_YEAR,
            to_day=to_day,
            before=Place.decode(query.page) if query.page else None,
            page_size=query.limit,
            memory=found.memory,
        )
    now = datetime.now(UTC)
    return ConversationPage(
        items=[ConversationItem(**ConversationItem.values(item, now, page.session_gap)) for item in page.items],
        next_page=page.following.encode() if page.following else None,
    )


@router.get(
    "/api/conversations/{conversation_id}",
    operation_id="get_conversation",
    response_class=Response,
    responses={200: {"model": ConversationDetail}, **problems(401, 402, 403, 404, 422, 503)},
)
async def get_conversation(conversation_id: UUID, caller: Reader, found: ResourcesDep) -> Response:
    """The conversation that a message is part of (its first message's id names it), with all its messages."""
    async with tenant_transaction(found.pool, caller) as connection:
        item = await conversation_of(connection, caller.tenant_id, conversation_id)
        gap = await session_gap(connection, caller.tenant_id)
        messages = await messages_of(connection, caller.tenant_id, item)
    head = ConversationItem(**ConversationItem.values(item, datetime.now(UTC), gap))
    body = head.model_dump(mode="json") | {"messages": orjson.Fragment(messages)}
    return Response(orjson.dumps(body), media_type="application/json")


@router.post(
    "/api/conversations/{chat_id}/close",
    operation_id="close_conversation",
    responses=problems(401, 402, 403, 404, 409, 422, 503),
)
async def post_close(chat_id: UUID, caller: Closer, found: ResourcesDep) -> ConversationItem:
    """Close the chat's open conversation now; what the customer writes next begins another."""
    now = datetime.now(UTC)
    async with tenant_transaction(found.pool, caller) as connection:
        item = await close_conversation(connection, caller.tenant_id, chat_id, caller.user_id, now)
        gap = await session_gap(connection, caller.tenant_id)
    return ConversationItem(**ConversationItem.values(item, now, gap))
