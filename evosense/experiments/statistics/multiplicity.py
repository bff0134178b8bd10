"""Many questions asked of one experiment: p-values that know of one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Floats, floats, open_unit


@dataclass(frozen=True)
class AdjustedP:
    """Adjusted p-values in the order given, and which of them are at or below alpha. Reads as an array of `p`."""

    p: Floats
    rejected: NDArray[np.bool_]
    alpha: float

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.p, dtype=dtype)

    def __len__(self) -> int:
        return len(self.p)

    def __getitem__(self, index: int) -> float:
        return float(self.p[index])


def holm(p_values: ArrayLike, *, alpha: float = 0.05) -> AdjustedP:
    """Holm's step-down p-values, for secondary metrics: the chance of any false claim stays below alpha.

    p~_(i) = max_{j<=i} min(1, (m - j + 1) p_(j)). Source: Holm 1979, Scand. J. Stat. 6.

    Raises:
        InvalidInput: no p-values, or some outside 0..1.
    """
    p, order = _ordered(p_values, alpha)
    m = len(p)
    return _restored(np.maximum.accumulate(p[order] * np.arange(m, 0, -1)), order, alpha)


def benjamini_hochberg(p_values: ArrayLike, *, alpha: float = 0.05) -> AdjustedP:
    """Step-up p-values for slices: among the claims, alpha of them are false on average.

    p~_(i) = min_{j>=i} min(1, m p_(j) / j). Source: Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57.

    Raises:
        InvalidInput: no p-values, or some outside 0..1.
    """
    return _step_up(p_values, 1.0, alpha)


def benjamini_yekutieli(p_values: ArrayLike, *, alpha: float = 0.05) -> AdjustedP:
    """`benjamini_hochberg` times sum 1/j: right under any dependence between the slices, at a price.

    Source: Benjamini and Yekutieli 2001, Ann. Stat. 29.

    Raises:
        InvalidInput: no p-values, or some outside 0..1.
    """
    count = len(np.atleast_1d(np.asarray(p_values)))
    return _step_up(p_values, float((1 / np.arange(1, count + 1)).sum()), alpha)


def _step_up(p_values: ArrayLike, price: float, alpha: float) -> AdjustedP:
    p, order = _ordered(p_values, alpha)
    m = len(p)
    scaled = p[order] * price * m / np.arange(1, m + 1)
    return _restored(np.minimum.accumulate(scaled[::-1])[::-1], order, alpha)


def _ordered(p_values: ArrayLike, alpha: float) -> tuple[Floats, NDArray[np.intp]]:
    p = floats(p_values, "p_values")
    open_unit(alpha, "alpha")
    if ((p < 0) | (p > 1)).any():
        message = "p-values must lie within 0..1"
        raise InvalidInput(message)
    return p, np.argsort(p, kind="stable")


def _restored(ordered: Floats, order: NDArray[np.intp], alpha: float) -> AdjustedP:
    adjusted = np.empty_like(ordered)
    adjusted[order] = np.minimum(ordered, 1.0)
    return AdjustedP(adjusted, adjusted <= alpha, alpha)
