"""Messages: listed, and found by words."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Response

from evosense.db.tenancy import Actor, tenant_transaction
from evosense.search.models import MessageFilter, MessagePage, Position
from evosense.search.repository import find_messages, list_messages, timeline
from serving.dependencies import Allowed, ResourcesDep
from serving.schemas.messages import MessagePage as MessagePageShown
from serving.schemas.messages import MessageQuery
from serving.schemas.problem import problems

router = APIRouter(tags=["messages"])
_ANY = MessageFilter()
Reader = Annotated[Actor, Depends(Allowed("read_messages"))]


@router.get(
    "/api/messages",
    operation_id="list_messages",
    response_class=Response,
    responses={200: {"model": MessagePageShown}, **problems(401, 403, 422, 503)},
)
async def get_messages(query: Annotated[MessageQuery, Query()], caller: Reader, found: ResourcesDep) -> Response:
    """Messages, newest first; with `q`, those that hold the words.

    Accents and word endings don't matter. When no message holds all the words, mistyped ones are corrected, and if that
    finds nothing either, messages with any of them are given.
    """
    before = Position.decode(query.page) if query.page else None
    wanted = query.as_filter()
    if wanted == _ANY and not (query.q and query.q.strip()) and not query.theme_id:
        return _answer(await timeline(found.pool, caller, before=before, page_size=query.limit))
    async with tenant_transaction(found.pool, caller) as connection:
        if query.q and query.q.strip():
            page = await find_messages(
                connection, caller.tenant_id, query.q, wanted, before=before, page_size=query.limit
            )
        else:
            page = await list_messages(
                connection, caller.tenant_id, wanted, theme_id=query.theme_id, before=before, page_size=query.limit
            )
    return _answer(page)


def _answer(page: MessagePage) -> Response:
    return _json(b'{"items":' + page.items + b',"next_page":' + orjson.dumps(page.next_page) + b"}")


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
