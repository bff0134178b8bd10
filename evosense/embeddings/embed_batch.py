"""Embedding a batch of leased tasks: read, embed (halving around a bad text), write in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evosense.ai.embedder_in_use import SHUT_OUT_SECONDS
from evosense.ai.protocols import EMBEDDING_DIMENSIONS, CallFailure, Embedder
from evosense.ai.tasks import MAX_CLAIMS, Failed, Task, finish, give_up, record_failed, wait_for_backend
from evosense.db.database import AsyncPool
from evosense.db.pipelined import pipelined
from evosense.embeddings.repository import TextToEmbed, read_texts, store_vectors
from evosense.errors import EvoSenseError, UpstreamShutOut
from evosense.log import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Embedded:
    """What became of a batch.

    Attributes:
        stored: texts whose vector was written.
        queue_ms: the wait of each stored text's task.
        superseded: texts that were edited, or whose lease was lost, meanwhile.
        gone: tasks whose message needs no vector any more.
        failed: calls that brought none.
        waiting: tasks that went back because the server refuses everybody.
        next_retry_seconds: when the first retry is due.
    """

    stored: list[TextToEmbed] = field(default_factory=list[TextToEmbed])
    queue_ms: list[int] = field(default_factory=list[int])
    superseded: int = 0
    gone: int = 0
    failed: list[Failed] = field(default_factory=list[Failed])
    waiting: int = 0
    next_retry_seconds: float | None = None


async def embed_batch(pool: AsyncPool, embedder: Embedder, tasks: Sequence[Task]) -> Embedded:
    """Embed leased tasks. Each ends with a stored vector, a recorded failure, or goes back for another try.

    A server that refuses whatever it is asked costs none of them a try: they wait.
    """
    config_hash = embedder.config.config_hash
    async with pool.connection() as connection:
        texts = await read_texts(connection, tasks)
    hopeless = [(task, reason) for task in tasks if (reason := _hopeless(task, config_hash))]
    skip = {task.id for task, _ in hopeless}
    wanted = [task for task in tasks if task.id not in skip and (task.tenant_id, task.message_id) in texts]
    gone = [task for task in tasks if task.id not in skip and (task.tenant_id, task.message_id) not in texts]
    try:
        found = await _embed(embedder, [texts[task.tenant_id, task.message_id].text for task in wanted])
    except UpstreamShutOut as error:
        _log.error("embedder_refused", batch=len(tasks), detail=error.detail)
        async with pool.connection() as connection:
            await wait_for_backend(connection, tasks, SHUT_OUT_SECONDS)
        return Embedded(waiting=len(tasks), next_retry_seconds=SHUT_OUT_SECONDS)
    failed = [
        Failed(task, v, "", config_hash) for task, v in zip(wanted, found, strict=True) if isinstance(v, CallFailure)
    ]
    good = [(task, v) for task, v in zip(wanted, found, strict=True) if not isinstance(v, CallFailure)]
    async with pipelined(pool) as connection:
        ended = {f.id for f in await finish(connection, [*(task for task, _ in good), *gone])}
        kept = [(task, vector) for task, vector in good if task.id in ended]
        stored = [texts[task.tenant_id, task.message_id] for task, _ in kept]
        if kept:
            await store_vectors(connection, stored, np.stack([vector for _, vector in kept]), config_hash)
        await give_up(connection, hopeless)
        retry = await record_failed(connection, failed)
    return Embedded(
        stored=stored,
        queue_ms=[task.queue_ms for task, _ in kept],
        superseded=len(good) - len(kept),
        gone=len(gone) + len(hopeless),
        failed=failed,
        next_retry_seconds=retry,
    )


def _hopeless(task: Task, config_hash: str) -> str | None:
    if task.claims > MAX_CLAIMS:
        return "worker_lost"
    return "unknown_model" if task.config_hash not in ("", config_hash) else None


async def _embed(embedder: Embedder, texts: Sequence[str]) -> list[NDArray[np.float32] | CallFailure]:
    """A vector or a failure for each text. A backend that refuses a batch is asked for its halves.

    Raises UpstreamShutOut: the backend refuses whatever it is asked.
    """
    if not texts:
        return []
    try:
        vectors = await embedder.embed(texts)
    except UpstreamShutOut:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one text does to a backend, the others go on
        _log.warning("embedder_failed", batch=len(texts), error_class=type(error).__name__)
        away = isinstance(error, EvoSenseError) and error.retryable
        if away or len(texts) == 1:
            return [CallFailure(type(error).__name__, retryable=away)] * len(texts)
        middle = len(texts) // 2
        return [*await _embed(embedder, texts[:middle]), *await _embed(embedder, texts[middle:])]
    if vectors.shape != (len(texts), EMBEDDING_DIMENSIONS):
        return [CallFailure("wrong_dimensions", retryable=False)] * len(texts)
    return [_checked(vector) for vector in vectors]


def _checked(vector: NDArray[np.float32]) -> NDArray[np.float32] | CallFailure:
    """The vector at length 1, which search counts on whatever the backend sends; all zero stays as it is."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length):
        return CallFailure("not_finite", retryable=False)
    return vector / np.float32(length) if length else vector
