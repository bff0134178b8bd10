"""Statistics that are functions of sums over messages: what the bootstrap can recompute from one row per chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evosense.experiments.statistics.arrays import Clusters, Floats
from evosense.experiments.statistics.resample import Matrix


@dataclass(frozen=True)
class SumStatistic:
    """`rows` maps the columns to k features per message; `value` maps their sums (draws, k) to (draws,)."""

    rows: Callable[[Sequence[Floats]], Sequence[Floats]]
    value: Callable[[Matrix], Floats]

    def per_chat(self, columns: Sequence[Floats], clusters: Clusters) -> Matrix:
        """The features summed within each chat: (chats, k)."""
        return np.column_stack([clusters.sums(feature) for feature in self.rows(columns)])


def _ones(columns: Sequence[Floats]) -> Floats:
    return np.ones_like(columns[0])


def _mean_of(transform: Callable[[Sequence[Floats]], Floats]) -> SumStatistic:
    return SumStatistic(
        lambda columns: (_ones(columns), transform(columns)),
        lambda sums: sums[:, 1] / sums[:, 0],
    )


def _moment_rows(columns: Sequence[Floats]) -> Sequence[Floats]:
    # Centred before squaring: sums of squares of large numbers would lose the differences that matter.
    first, second = columns[0] - columns[0].mean(), columns[1] - columns[0].mean()
    return (_ones(columns), first, second, first**2, second**2, first * second)


def _moments(sums: Matrix) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Means, variances and covariance (with 1/n) from sums of 1, x, y, x^2, y^2, xy."""
    n = sums[:, 0]
    mean_x, mean_y = sums[:, 1] / n, sums[:, 2] / n
    var_x = np.maximum(sums[:, 3] / n - mean_x**2, 0)
    var_y = np.maximum(sums[:, 4] / n - mean_y**2, 0)
    return mean_x, mean_y, var_x, var_y, sums[:, 5] / n - mean_x * mean_y


def _pearson(sums: Matrix) -> Floats:
    _, _, var_x, var_y, covariance = _moments(sums)
    scale = np.sqrt(var_x * var_y)
    return np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)


def _concordance(sums: Matrix) -> Floats:
    mean_x, mean_y, var_x, var_y, covariance = _moments(sums)
    scale = var_x + var_y + (mean_x - mean_y) ** 2
    return np.divide(2 * covariance, scale, out=np.ones_like(scale), where=scale > 0)


MEAN = _mean_of(lambda columns: columns[0])
BIAS = _mean_of(lambda columns: columns[1] - columns[0])
MAE = _mean_of(lambda columns: np.abs(columns[1] - columns[0]))
_MEAN_SQUARE = _mean_of(lambda columns: (columns[1] - columns[0]) ** 2)
RMSE = SumStatistic(_MEAN_SQUARE.rows, lambda sums: np.sqrt(np.maximum(_MEAN_SQUARE.value(sums), 0)))
PEARSON = SumStatistic(_moment_rows, _pearson)
CONCORDANCE = SumStatistic(_moment_rows, _concordance)

NAMED = {"mean": MEAN, "bias": BIAS, "mae": MAE, "rmse": RMSE, "pearson": PEARSON, "concordance": CONCORDANCE}
