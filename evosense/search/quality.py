"""How well hybrid search finds: nDCG@10 over questions of which each has one paragraph that answers it (FaQuAD)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log2
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from evosense.ai.protocols import Embedder
from evosense.db.database import open_pool
from evosense.db.ids import new_id
from evosense.db.migrate import migrate
from evosense.db.named_queries import load
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.embeddings.repository import TextToEmbed, store_vectors
from evosense.errors import InvalidInput
from evosense.search.models import Mode
from evosense.search.models_in_use import query_vector, search_model
from evosense.search.rank import Query, rank_messages
from evosense.search.vocabulary import relearn
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import add_tenant

_QUERIES = load("evosense.search", "quality.sql")
PARAGRAPHS_FILE = "faquad_paragraphs.csv"
QUESTIONS_FILE = "faquad_questions.csv"
_FIRST = 10


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Paragraphs by their id, and questions with the id of the paragraph that answers each."""

    paragraphs: dict[str, str]
    questions: list[tuple[str, str]]


def read_retrieval(folder: Path) -> Retrieval:
    """The two FaQuAD files of a folder. Raises InvalidInput when a column is missing."""
    paragraphs = {row["pid"]: row["paragraph"] for row in _read(folder / PARAGRAPHS_FILE, {"pid", "paragraph"})}
    questions = [(row["question"], row["pid"]) for row in _read(folder / QUESTIONS_FILE, {"pid", "question"})]
    return Retrieval(paragraphs, questions)


def _read(path: Path, wanted: set[str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = wanted - set(reader.fieldnames or ())
        if missing:
            raise InvalidInput(f"{path.name} lacks the columns {', '.join(sorted(missing))}")
        return list(reader)


async def measure_retrieval(url: str, found: Retrieval, embedder: Embedder, mode: Mode = "hybrid") -> float:
    """Mean nDCG@10 in the empty database at `url`, through the statements that the API runs; 1 is the best.

    With one right paragraph a question, a question's nDCG is 1 / log2(1 + place), and 0 beyond the tenth place.
    """
    migrate(url)
    async with open_pool(url, "evosense_pipeline", max_size=2) as pipeline, open_pool(url, "evosense_api") as api:
        async with pipeline.connection() as connection:
            tenant_id = await add_tenant(connection, MasterKey.from_secret("quality " * 5), name="FaQuAD")
            ids = await _store(connection, tenant_id, found.paragraphs, embedder)
        await relearn(pipeline, tenant_id)
        gain = 0.0
        for question, paragraph in found.questions:
            async with tenant_transaction(api, Actor(tenant_id, None, "analyst")) as connection:
                model = await search_model(connection, tenant_id)
                vector = await query_vector(mode, model, embedder, question)
                page = await rank_messages(connection, tenant_id, Query(question, mode, vector), page_size=_FIRST)
            places = [ids[UUID(hit["id"])] for hit in page.hits]
            gain += 1 / log2(2 + places.index(paragraph)) if paragraph in places else 0.0
    return gain / len(found.questions)


async def _store(
    connection: AsyncConnection[Any], tenant_id: UUID, paragraphs: dict[str, str], embedder: Embedder
) -> dict[UUID, str]:
    """Each paragraph as a message with its vector; answers which message is which paragraph."""
    ids = {new_id(): paragraph_id for paragraph_id in paragraphs}
    params: dict[str, Any] = {
        "tenant_id": tenant_id,
        "chat_id": new_id(),
        "message_ids": list(ids),
        "texts": [paragraphs[paragraph_id] for paragraph_id in ids.values()],
    }
    await connection.execute(_QUERIES["store_texts"], params)
    today = datetime.now(UTC).date()
    texts = [
        TextToEmbed(tenant_id, message_id, text, today)
        for message_id, text in zip(params["message_ids"], params["texts"], strict=True)
    ]
    vectors = await embedder.embed([text.text for text in texts])
    await store_vectors(connection, texts, vectors, embedder.config.config_hash)
    return ids
