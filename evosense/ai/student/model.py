"""The model itself: one weight vector for sentiment, one for satisfaction, one for each emotion seen often enough."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evosense.ai.model_config import ModelConfig
from evosense.ai.student.features import DIMENSIONS, Rows, read_rows

MODEL_NAME = "hashed-linear-1"
PROVIDER = "student"
_STEPS = 60
_ENOUGH = 1e-8


@dataclass(frozen=True)
class StudentModel:
    """Weights as float16, shape (2 + emotions, DIMENSIONS + 1); the last column is the constant.

    Rows: sentiment (-1..1), satisfaction (as -1..1), then one of `emotions` each (0..1).
    """

    weights: NDArray[np.float16]
    emotions: tuple[str, ...]

    def outputs(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """What each row of weights says of each text: shape (2 + emotions, texts)."""
        rows = read_rows(texts)
        wide = self.weights.astype(np.float32)
        return np.stack([rows.times(line[:DIMENSIONS]) + line[DIMENSIONS] for line in wide])

    def to_bytes(self) -> bytes:
        """As a compressed npz without pickled objects."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, weights=self.weights, emotions=np.array(self.emotions))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> StudentModel:
        """The model behind `to_bytes`."""
        with np.load(io.BytesIO(stored), allow_pickle=False) as file:
            return cls(file["weights"], tuple(str(name) for name in file["emotions"]))

    @property
    def config(self) -> ModelConfig:
        """Named by its weights: another training is another model."""
        digest = hashlib.sha256(self.weights.tobytes() + "|".join(self.emotions).encode()).hexdigest()
        return ModelConfig(PROVIDER, MODEL_NAME, digest, {"dimensions": DIMENSIONS, "emotions": list(self.emotions)})


def ridge(rows: Rows, wanted: NDArray[np.float64], penalty: float = 0.5) -> NDArray[np.float32]:
    """The weights (shape (DIMENSIONS + 1,), constant last) with the least squared error plus penalty.

    Conjugate gradients on the normal equations: a few dozen passes over the stored values, the same on every run.
    """
    constant = float(wanted.mean())
    rest = rows.spread(wanted - constant)
    weights = np.zeros(DIMENSIONS)
    direction = rest.copy()
    size = first = float(rest @ rest)
    for _ in range(_STEPS):
        if size <= _ENOUGH * first:
            break
        image = rows.spread(rows.times(direction.astype(np.float32))) + penalty * direction
        step = size / float(direction @ image)
        weights += step * direction
        rest -= step * image
        size, before = float(rest @ rest), size
        direction = rest + (size / before) * direction
    return np.append(weights, constant).astype(np.float32)
