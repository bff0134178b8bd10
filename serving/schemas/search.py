"""Search on the wire: what is asked, and hits with how well and where they fit."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from evosense.search.models import Matched, Mode
from serving.schemas.messages import EXAMPLE, Filters, Message
from serving.schemas.text import Text

_HIT: JsonDict = {
    **EXAMPLE,
    "score": 0.9836,
    "similarity": 0.6112,
    "related": True,
    "highlights": [{"text": "Meu ", "match": False}, {"text": "pedido", "match": True}],
}
_ANY = Filters.model_validate({})


class SearchQuery(Filters):
    """Parameters of `GET /api/search`."""

    q: Text = Field(
        min_length=1,
        max_length=500,
        description='Words; accents don\'t matter. "exact phrase", begin*, or, -without. Slips of typing are forgiven',
        examples=["orcamento atrasado"],
    )
    mode: Mode = Field("hybrid", description="By words, by likeness of the embeddings, or both")
    related_only: bool = Field(
        False, description="Leave out hits by likeness that are below the embedding model's own threshold"
    )
    page: str | None = Field(None, max_length=400, description="`next_page` of the page before; opaque")
    limit: int = Field(20, ge=1, le=100)


class SimilarQuery(Filters):
    """Parameters of the messages like a message."""

    related_only: bool = Field(False, description="Only what is above the embedding model's own threshold")
    limit: int = Field(20, ge=1, le=100)


class SemanticQuery(BaseModel):
    """Body of the semantic search."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"query": "cliente reclamando da entrega", "limit": 20, "filters": {"direction": "in"}}
        },
    )

    query: Text = Field(min_length=1, max_length=2000)
    limit: int = Field(20, ge=1, le=100)
    filters: Filters = _ANY


class Piece(BaseModel):
    """A part of a message's text; the parts join to the whole."""

    text: str
    match: bool = Field(description="It was searched for")


class SearchHit(Message):
    """A message that was found, with how well it fits."""

    model_config = ConfigDict(json_schema_extra={"example": _HIT})

    score: float = Field(description="0..1; 1 leads every list that took part. Orders the results")
    similarity: float | None = Field(description="Cosine of the embeddings; null where only words matched")
    related: bool | None = Field(description="Whether the similarity is above the model's threshold; null: unknown")
    highlights: list[Piece]


class SearchModel(BaseModel):
    """The model that the likeness comes from."""

    provider: str = Field(examples=["embedded"])
    model: str = Field(examples=["hashed-lexical-768-1"])


class SearchPage(BaseModel):
    """Best first."""

    items: list[SearchHit]
    next_page: str | None = Field(description="Hand it back as `page` for the next ones; null at the end")
    matched: Matched = Field(description="all words as typed, with mistyped ones corrected, or any of them")
    embedder: SearchModel | None = Field(description="null: only words took part")


class SearchResults(BaseModel):
    """Best first."""

    results: list[SearchHit]
    embedder: SearchModel | None = Field(description="null: only words took part")


class SimilarConversation(BaseModel):
    """A chat like another, with its likest message."""

    chat_id: UUID
    similarity: float = Field(description="Mean cosine of its best three messages")
    related: bool | None = Field(description="Whether that is above the model's threshold; null: unknown")
    messages: int = Field(description="How many of its messages are near")
    best: Message


class SimilarConversations(BaseModel):
    """Likest first."""

    items: list[SimilarConversation]
    embedder: SearchModel | None = Field(description="null: the chat has no vectors yet, or the plan no embeddings")
