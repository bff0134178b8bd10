"""A text as hashed features: words, pairs of words and the character 2-5-grams of each word; numpy only."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evosense.ai.embedded.text import fold

DIMENSIONS = 1 << 15
_READ_LIMIT = 4_000
_WORD = re.compile(r"[a-z0-9]+|[!?]+|[\u2600-\u27bf\U0001f300-\U0001faff]")


@dataclass(frozen=True)
class Rows:
    """Sparse rows of length 1: row n has the columns `columns[starts[n]:starts[n + 1]]`, each with one value.

    Attributes:
        columns: int32 of shape (stored,), below DIMENSIONS.
        values: float32 of shape (stored,).
        starts: int64 of shape (rows + 1,).
    """

    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    starts: NDArray[np.int64]

    @property
    def of_row(self) -> NDArray[np.int64]:
        """Which row each stored value belongs to."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def times(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        """Each row's product with `weights` (shape (DIMENSIONS,)): shape (rows,)."""
        products = self.values * weights[self.columns]
        return np.asarray(np.bincount(self.of_row, products, len(self.starts) - 1), np.float64)

    def spread(self, per_row: NDArray[np.float64]) -> NDArray[np.float64]:
        """The transposed product: what each column gathers from its rows, shape (DIMENSIONS,)."""
        return np.asarray(np.bincount(self.columns, self.values * per_row[self.of_row], DIMENSIONS), np.float64)


def read_rows(texts: Sequence[str]) -> Rows:
    """The features of each text."""
    found = [_columns(text) for text in texts]
    sizes = np.array([len(columns) for columns in found], dtype=np.int64)
    columns = np.concatenate([*found, np.zeros(0, dtype=np.int32)])
    values = np.repeat(1.0 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    return Rows(columns, values, np.concatenate([[0], np.cumsum(sizes)]))


def _columns(text: str) -> NDArray[np.int32]:
    """The distinct columns that a text touches."""
    words = _WORD.findall(fold(text[:_READ_LIMIT]))
    pairs = [zlib.crc32(f"p:{one} {two}".encode()) % DIMENSIONS for one, two in pairwise(words)]
    return np.unique(np.concatenate([np.array(pairs, dtype=np.int32), *(_of_word(word) for word in set(words))]))


@lru_cache(maxsize=50_000)
def _of_word(word: str) -> NDArray[np.int32]:
    edged = f"<{word}>"
    names = [f"w:{word}"]
    names += [f"g:{edged[at : at + size]}" for size in (2, 3, 4, 5) for at in range(len(edged) - size + 1)]
    return np.array([zlib.crc32(name.encode()) % DIMENSIONS for name in names], dtype=np.int32)
