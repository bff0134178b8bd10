"""Vectors as embedding servers send them: as many as asked for, 768 finite floats each, made unit length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from evosense.ai.breaker import is_shut_out
from evosense.ai.protocols import EMBEDDING_DIMENSIONS, CallFailure
from evosense.errors import UpstreamError, UpstreamPermanent, UpstreamShutOut, UpstreamTransient

EMBEDDING_PARAMS: dict[str, Any] = {"prefix": "", "longest_chars": 6000}


def unit_vectors(name: str, raw: bytes, pick: Callable[[Any], Any], count: int) -> NDArray[np.float32]:
    """The vectors that `pick` finds in a JSON reply: float32, shape (count, 768), rows of length 1 (or zero).

    Raises:
        UpstreamPermanent: they are not what was asked for; says what.
    """
    try:
        vectors = np.asarray(pick(orjson.loads(raw)), dtype=np.float32)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, IndexError):
        raise UpstreamPermanent(f"the embedder {name} sent something that holds no vectors") from None
    if vectors.ndim != 2 or vectors.shape[1] != EMBEDDING_DIMENSIONS:
        width = vectors.shape[1] if vectors.ndim == 2 else "no equal number of"
        message = (
            f"the embedder {name} sends {width} dimensions and {EMBEDDING_DIMENSIONS} are stored: choose a model with"
            f" {EMBEDDING_DIMENSIONS}, or one that takes `dimensions` and set it"
        )
        raise UpstreamPermanent(message)
    if vectors.shape[0] != count:
        raise UpstreamPermanent(f"the embedder {name} sent {vectors.shape[0]} vectors for {count} texts")
    if not bool(np.isfinite(vectors).all()):
        raise UpstreamPermanent(f"the embedder {name} sent numbers that are not finite")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    return (vectors / lengths).astype(np.float32)


def as_failure(name: str, failure: CallFailure) -> UpstreamError:
    """What an embedder raises for a failed call: whoever caught it tries later, or asks for half of the batch."""
    kind = UpstreamTransient if failure.retryable else UpstreamShutOut if is_shut_out(failure) else UpstreamPermanent
    return kind(f"the embedder {name} did not answer: {failure.error_class}")
