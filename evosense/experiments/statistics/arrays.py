"""What every statistic does with its input: arrays of float64, chats as dense codes, clear refusals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evosense.errors import InvalidInput

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Clusters:
    """Which chat each observation belongs to, as codes 0..count-1. Pass one instead of labels to save the sorting."""

    codes: Integers
    count: int

    @cached_property
    def sizes(self) -> Floats:
        """Observations per chat, shape (count,)."""
        return np.bincount(self.codes, minlength=self.count).astype(np.float64)

    def sums(self, values: Floats) -> Floats:
        """Sum of `values` (n,) within each chat, shape (count,)."""
        return np.asarray(np.bincount(self.codes, weights=values, minlength=self.count), dtype=np.float64)

    def __len__(self) -> int:
        return len(self.codes)


def floats(values: ArrayLike, name: str, *, at_least: int = 1) -> Floats:
    """`values` as a one-dimensional float64 array.

    Raises:
        InvalidInput: it has another shape, fewer than `at_least` entries, or NaN, infinite or non-numeric ones.
    """
    array = as_floats(values, name)
    if array.ndim != 1:
        message = f"{name} must be one-dimensional, not of shape {array.shape}"
        raise InvalidInput(message)
    if len(array) < at_least:
        message = f"{name} holds {len(array)} observations, at least {at_least} are needed"
        raise InvalidInput(message)
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        message = f"{name} holds {bad} values that are NaN or infinite; leave those rows out and report their rate"
        raise InvalidInput(message)
    return array


def as_floats(values: ArrayLike, name: str) -> Floats:
    """`values` as float64 of any shape. Raises InvalidInput when something in it is no number."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        message = f"{name} must hold numbers only"
        raise InvalidInput(message) from error


def pairs(first: ArrayLike, second: ArrayLike, *, at_least: int = 1) -> tuple[Floats, Floats]:
    """Two arrays of equal length, paired by position. Raises InvalidInput like `floats`, or on unequal lengths."""
    left, right = floats(first, "the first array", at_least=at_least), floats(second, "the second array")
    if len(left) != len(right):
        message = f"paired arrays must be equally long, not {len(left)} and {len(right)}"
        raise InvalidInput(message)
    return left, right


def clustered(labels: ArrayLike | Clusters | None, n: int, *, at_least: int = 2) -> Clusters:
    """Chats as dense codes; `None` makes each observation a chat of its own.

    Raises:
        InvalidInput: there are not `n` labels, some are missing (None, NaN), or fewer than `at_least` chats.
    """
    found = _codes(labels, n)
    if len(found) != n:
        message = f"{len(found)} chat labels for {n} observations; give one label for each"
        raise InvalidInput(message)
    if found.count < at_least:
        message = (
            f"{found.count} chats only: at least {at_least} are needed for any standard error; "
            "widen the window, or ask sample_size() how many chats your question needs"
        )
        raise InvalidInput(message)
    return found


def _codes(labels: ArrayLike | Clusters | None, n: int) -> Clusters:
    if isinstance(labels, Clusters):
        return labels
    if labels is None:
        return Clusters(np.arange(n, dtype=np.int64), n)
    given = np.asarray(labels)
    if is_missing(given).any():
        message = "chat labels must not be missing (None or NaN): leave those rows out, or give them a chat"
        raise InvalidInput(message)
    values, codes = np.unique(given, return_inverse=True)
    return Clusters(codes.reshape(-1).astype(np.int64), len(values))


def is_missing(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """True where a label is None or NaN, shape as given."""
    if labels.dtype.kind == "f":
        return np.isnan(labels)
    if labels.dtype.kind != "O":
        return np.zeros(labels.shape, dtype=np.bool_)
    # NaN is the only value that differs from itself.
    flat = [label is None or label != label for label in labels.ravel()]
    return np.array(flat, dtype=np.bool_).reshape(labels.shape)


def open_unit(value: float, name: str) -> float:
    """`value` if it lies strictly between 0 and 1. Raises InvalidInput otherwise."""
    if not 0 < value < 1:
        message = f"{name} must lie between 0 and 1, not {value}"
        raise InvalidInput(message)
    return value


def within_unit(value: float, name: str) -> float:
    """`value` if it lies within 0..1, borders included. Raises InvalidInput otherwise."""
    if not 0 <= value <= 1:
        message = f"{name} must lie within 0..1, not {value}"
        raise InvalidInput(message)
    return value


def positive(value: float, name: str) -> float:
    """`value` if it is above 0. Raises InvalidInput otherwise."""
    if not value > 0 or not np.isfinite(value):
        message = f"{name} must be a number above 0, not {value}"
        raise InvalidInput(message)
    return value
