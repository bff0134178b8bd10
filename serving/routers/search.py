"""Search: by words, by likeness, by both; messages like a message, conversations like a conversation."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Response
from psycopg import AsyncConnection

from evosense.ai.protocols import Embedder
from evosense.ai.registered_models import by_hashes, recipe_of
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.search import rank
from evosense.search.models import RankPosition
from evosense.search.models_in_use import SearchModel, query_vector, search_model
from evosense.search.similar import like_chat, like_message
from serving.dependencies import Allowed, ResourcesDep
from serving.schemas.problem import problems
from serving.schemas.search import (
    SearchPage,
    SearchQuery,
    SearchResults,
    SemanticQuery,
    SimilarConversations,
    SimilarQuery,
)

router = APIRouter(tags=["search"])
Reader = Annotated[Actor, Depends(Allowed("read_messages"))]


@router.get(
    "/api/search",
    operation_id="search",
    response_class=Response,
    responses={200: {"model": SearchPage}, **problems(401, 402, 403, 422, 503)},
)
async def search(query: Annotated[SearchQuery, Query()], caller: Reader, found: ResourcesDep) -> Response:
    """Messages that fit the words, best first: by relevance of the words, likeness of the embeddings, or both.

    When nothing holds the words, mistyped ones are corrected, and if that finds nothing either, any of them will do. In
    mode `hybrid` any word will do from the start, and mistyped ones are corrected at once.
    Likeness leaves out nothing unless `related_only` is set: there are always `limit` hits when there are so many
    messages.
    """
    after = RankPosition.decode(query.page) if query.page else None
    model, embedder = await _model(caller, found)
    asked = rank.Query(
        words=query.q,
        mode=query.mode,
        vector=await query_vector(query.mode, model, embedder, query.q),
        wanted=query.as_filter(),
        related_above=model.related_above,
        related_only=query.related_only,
    )
    async with tenant_transaction(found.pool, caller) as connection:
        page = await rank.rank_messages(connection, caller.tenant_id, asked, after=after, page_size=query.limit)
    return _json(
        {
            "items": page.hits,
            "next_page": page.next_page,
            "matched": page.matched,
            "embedder": _named(embedder) if asked.vector else None,
        }
    )


@router.post(
    "/api/messages/semantic-search",
    operation_id="semantic_search",
    response_class=Response,
    responses={200: {"model": SearchResults}, **problems(401, 403, 413, 422, 503)},
)
async def semantic_search(query: SemanticQuery, caller: Reader, found: ResourcesDep) -> Response:
    """Messages that are like the query, by embedding and by words together, best first."""
    model, embedder = await _model(caller, found)
    asked = rank.Query(
        words=query.query,
        vector=await query_vector("hybrid", model, embedder, query.query),
        wanted=query.filters.as_filter(),
        related_above=model.related_above,
    )
    async with tenant_transaction(found.pool, caller) as connection:
        page = await rank.rank_messages(connection, caller.tenant_id, asked, page_size=query.limit)
    return _json({"results": page.hits, "embedder": _named(embedder) if asked.vector else None})


@router.get(
    "/api/messages/{message_id}/similar",
    operation_id="similar_messages",
    response_class=Response,
    responses={200: {"model": SearchResults}, **problems(401, 403, 404, 422, 503)},
)
async def similar_messages(
    message_id: UUID, query: Annotated[SimilarQuery, Query()], caller: Reader, found: ResourcesDep
) -> Response:
    """Messages like this one, by its embedding; by its rarest words where it has none."""
    async with tenant_transaction(found.pool, caller) as connection:
        model = await search_model(connection, caller.tenant_id)
        page = await like_message(
            connection,
            caller.tenant_id,
            message_id,
            model,
            wanted=query.as_filter(),
            related_only=query.related_only,
            limit=query.limit,
        )
        named = await _registered(connection, caller, page.config_hash)
    return _json({"results": page.hits, "embedder": named})


@router.get(
    "/api/conversations/{chat_id}/similar",
    operation_id="similar_conversations",
    response_class=Response,
    responses={200: {"model": SimilarConversations}, **problems(401, 403, 404, 422, 503)},
)
async def similar_conversations(
    chat_id: UUID, caller: Reader, found: ResourcesDep, limit: Annotated[int, Query(ge=1, le=50)] = 10
) -> Response:
    """Chats whose messages are like what the customer of this one wrote of late, likest first."""
    async with tenant_transaction(found.pool, caller) as connection:
        model = await search_model(connection, caller.tenant_id)
        chats = await like_chat(connection, caller.tenant_id, chat_id, model, limit=limit)
        named = await _registered(connection, caller, model.config_hash if chats else None)
    above = model.related_above
    items = [
        {
            "chat_id": chat.chat_id,
            "similarity": round(chat.similarity, 4),
            "related": None if above is None else chat.similarity >= above,
            "messages": chat.messages,
            "best": chat.best,
        }
        for chat in chats
    ]
    return _json({"items": items, "embedder": named})


async def _model(caller: Actor, found: ResourcesDep) -> tuple[SearchModel, Embedder | None]:
    """What the company's search compares by, before a transaction waits for a model."""
    async with tenant_transaction(found.pool, caller) as connection:
        model = await search_model(connection, caller.tenant_id)
        recipe = await recipe_of(connection, caller.tenant_id, model.config_hash)
    return model, await found.embedders.of(model, recipe)


def _named(embedder: Embedder | None) -> dict[str, str] | None:
    return {"provider": embedder.config.provider, "model": embedder.config.model} if embedder else None


async def _registered(
    connection: AsyncConnection[Any], caller: Actor, config_hash: str | None
) -> dict[str, str] | None:
    models = await by_hashes(connection, caller.tenant_id, [config_hash] if config_hash else [])
    return {"provider": models[0].provider, "model": models[0].model} if models else None


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
