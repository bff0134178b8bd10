"""Which embedding model a tenant's search compares by, and how a query becomes one of its vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from psycopg import AsyncConnection

from evosense.ai.embedded.embedder import MODEL_NAME as LEXICAL
from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.protocols import Embedder
from evosense.db.named_queries import load
from evosense.embeddings.wire import Halfvec
from evosense.errors import EvoSenseError, QuotaExceeded, UpstreamTransient
from evosense.log import get_logger
from evosense.search.models import Mode

_QUERIES = load("evosense.search", "rank.sql")
_log = get_logger(__name__)
# Spelling alone says less than the words' own ranking does; a model of meaning says as much.
_LEXICAL_WEIGHT = 0.2
_MEANING_WEIGHT = 0.5
# Of the lexical model, where a tenant's own pairs were not measured yet (99th percentile of unlike service messages).
_LEXICAL_RELATED_ABOVE = 0.35


@dataclass(frozen=True, slots=True)
class SearchModel:
    """The embedding side of one tenant's search.

    Attributes:
        has_embeddings: the plan offers them.
        config_hash: the model whose vectors are compared, None before the first vector.
        related_above: the cosine above which messages are related under this model; None when nobody knows.
    """

    has_embeddings: bool
    config_hash: str | None
    related_above: float | None


@dataclass(frozen=True, slots=True)
class QueryVector:
    """A vector to search near by, new or as Postgres wrote it; its model and its weight beside the words, 0..1."""

    vector: Halfvec | str
    config_hash: str
    weight: float


async def search_model(connection: AsyncConnection[Any], tenant_id: UUID) -> SearchModel:
    """What the tenant's search compares by; runs in the tenant's transaction."""
    row = await (await connection.execute(_QUERIES["search_model"], {"tenant_id": tenant_id})).fetchone()
    if row is None:
        return SearchModel(has_embeddings=False, config_hash=None, related_above=None)
    embeddings, config_hash, related_above = row
    if related_above is None and config_hash == EmbeddedEmbedder().config.config_hash:
        related_above = _LEXICAL_RELATED_ABOVE
    return SearchModel(embeddings, config_hash, related_above)


def embedder_of(model: SearchModel, known: Sequence[Embedder]) -> Embedder | None:
    """The embedder that made the tenant's vectors; None when this process has none such, or the plan none at all."""
    if not model.has_embeddings:
        return None
    if model.config_hash is None:
        return known[0] if known else None
    return next((one for one in (*known, EmbeddedEmbedder()) if one.config.config_hash == model.config_hash), None)


async def query_vector(mode: Mode, model: SearchModel, embedder: Embedder | None, text: str) -> QueryVector | None:
    """The query as a vector; None when likeness takes no part: not asked for, no model, no word for it in the text.

    Raises:
        QuotaExceeded: likeness alone was asked for and the plan has no embeddings.
        UpstreamTransient: likeness alone was asked for and its model is not to be had now. With words beside it, they
            find alone.
    """
    if mode == "text":
        return None
    if mode == "semantic" and not model.has_embeddings:
        raise QuotaExceeded("your plan has no semantic search: use mode=text, or choose a plan with embeddings")
    try:
        vector = (await embedder.embed([text]))[0] if embedder else None
    except EvoSenseError as error:
        _log.warning("query_not_embedded", error_class=type(error).__name__)
        embedder = vector = None
    if embedder is None or vector is None:
        if mode == "semantic":
            raise UpstreamTransient("the embedding model is away; try again later, or use mode=text")
        return None
    if not np.any(vector) or not np.isfinite(vector).all():
        return None
    return QueryVector(Halfvec(vector), embedder.config.config_hash, weight_of(embedder))


def weight_of(embedder: Embedder) -> float:
    """How much likeness counts beside the words' own ranking, 0..1."""
    return _LEXICAL_WEIGHT if embedder.config.model == LEXICAL else _MEANING_WEIGHT
