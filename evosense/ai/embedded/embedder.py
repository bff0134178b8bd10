"""The embedded embedder: *lexical* similarity, not meaning. Words and character 3-5-grams, hashed to 768 floats.

Stateless: no fit, no vocabulary, no corpus. Each feature's crc32 seeds four signed coordinates (a sparse
random projection, Li, Hastie and Church 2006), a word that stands n times counts 1 + ln(n), rows are scaled
to length 1. The same text gives the same vector on every machine and release.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from evosense.ai.embedded.text import fold
from evosense.ai.model_config import ModelConfig
from evosense.ai.protocols import EMBEDDING_DIMENSIONS

MODEL_NAME = "hashed-lexical-768-1"
# Bump the number in MODEL_NAME when any of these changes: vectors of different rules must never meet.
_WORD_WEIGHT = 1.0
_GRAM_WEIGHT = 0.35
_FUNCTION_WORD_FACTOR = 0.15
_READ_LIMIT = 8_000
_WORD = re.compile(r"[a-z0-9]+|[\u2600-\u27bf\U0001f300-\U0001faff]")
_FUNCTION_WORD_LIST = """
a o e as os um uma uns umas de do da dos das em no na nos nas por pelo pela para pra com sem que qual quais quem
como onde quando se ao aos ou mas ser foi sao esta ter tem seu sua seus suas ele ela isso este essa esse meu minha
me te lhe nao mais ja muito tambem entre sobre ate
"""
_FUNCTION_WORDS = frozenset(_FUNCTION_WORD_LIST.split())
_MIX = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], dtype=np.uint32)


def features(word: str) -> Iterator[tuple[str, float]]:
    """A word's weighted features: itself (`w:`) and its character 3-5-grams between its edges (`g:`)."""
    factor = _FUNCTION_WORD_FACTOR if word in _FUNCTION_WORDS else 1.0
    yield f"w:{word}", factor * _WORD_WEIGHT
    edged = f"<{word}>"
    for size in (3, 4, 5):
        for at in range(len(edged) - size + 1):
            yield f"g:{edged[at : at + size]}", factor * _GRAM_WEIGHT


@lru_cache(maxsize=20_000)
def _project(word: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where a word's features land and with which signed weight. Cached: few words make up most talk."""
    named = list(features(word))
    seeds = np.array([zlib.crc32(name.encode()) for name, _ in named], dtype=np.uint32)
    weights = np.array([weight for _, weight in named])
    places = _scramble(seeds[:, None] ^ _MIX[None, :])
    signs = 1.0 - 2.0 * (places >> np.uint32(31)).astype(np.float64)
    columns = (places % np.uint32(EMBEDDING_DIMENSIONS)).astype(np.int64)
    return columns.ravel(), (signs * weights[:, None]).ravel()


def embed_one(text: str) -> NDArray[np.float32]:
    """The vector of one text: float32 of shape (768,), length 1; all zero when it holds no word."""
    counted = Counter(_WORD.findall(fold(text[:_READ_LIMIT])))
    if not counted:
        return np.zeros(EMBEDDING_DIMENSIONS, dtype=np.float32)
    parts = [(*_project(word), 1.0 + log(n)) for word, n in counted.items()]
    columns = np.concatenate([part[0] for part in parts])
    values = np.concatenate([part[1] * part[2] for part in parts])
    vector = np.bincount(columns, weights=values, minlength=EMBEDDING_DIMENSIONS)
    return (vector / sqrt(float(vector @ vector))).astype(np.float32)


def _scramble(x: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A 32-bit finaliser, so that close seeds land far apart (murmur3's)."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


@cache
def _config() -> ModelConfig:
    params = {"dimensions": EMBEDDING_DIMENSIONS, "grams": [3, 4, 5], "kind": "lexical"}
    return ModelConfig(provider="embedded", model=MODEL_NAME, params=params)


class EmbeddedEmbedder:
    """`Embedder` on hashed words; its similarity is of spelling: search full text first."""

    @property
    def config(self) -> ModelConfig:
        """Provider embedded; the parameters are the projection's."""
        return _config()

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed each text, off the event loop."""
        return await asyncio.to_thread(self.embed_now, texts)

    def embed_now(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same for callers without an event loop: float32 of shape (len(texts), 768)."""
        if not texts:
            return np.zeros((0, EMBEDDING_DIMENSIONS), dtype=np.float32)
        return np.stack([embed_one(text) for text in texts])
