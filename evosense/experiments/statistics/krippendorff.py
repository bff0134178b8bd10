"""Agreement of any number of raters, some of whom did not rate everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, Floats, clustered, open_unit
from evosense.experiments.statistics.resample import Matrix, resample_sums

Level = Literal["nominal", "ordinal", "interval", "ratio"]


@dataclass(frozen=True, slots=True)
class KrippendorffAlpha:
    """Alpha (1 perfect, 0 chance) with a percentile interval from resampled units (or chats of units)."""

    estimate: float
    se: float
    low: float
    high: float
    level: Level
    units: int
    pairable: int


def krippendorff_alpha(
    ratings: ArrayLike,
    *,
    level: Level = "nominal",
    clusters: ArrayLike | Clusters | None = None,
    draws: int = 2_000,
    alpha: float = 0.05,
    seed: int = 0,
) -> KrippendorffAlpha:
    """Krippendorff's alpha = 1 - D_o / D_e over units rated by two or more.

    With o_ck the coincidences of values c and k (each unit's ordered pairs divided by its raters minus 1),
    n_c its margins and n their sum: D_o = sum o_ck d_ck / n, D_e = sum n_c n_k d_ck / (n (n-1)); d is [c != k],
    the ordinal metric over n_c, (c-k)^2, or ((c-k)/(c+k))^2.

    Args:
        ratings: raters x units, numbers; NaN where a rater did not rate.
        level: what differences between values mean.
        clusters: chat of each unit; resampled together.
        draws: resamples for the interval.
        alpha: 1 - confidence.
        seed: of the resamples.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability (the four-observer example is a test).

    Raises:
        InvalidInput: no unit with two ratings, or all ratings alike (nothing to agree about).
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2:
        message = f"ratings must be raters x units, not of shape {table.shape}"
        raise InvalidInput(message)
    open_unit(alpha, "alpha")
    rated = np.isfinite(table).sum(axis=0) >= 2
    table = table[:, rated]
    values = np.unique(table[np.isfinite(table)])
    if len(values) < 2:
        message = "alpha needs units with two ratings or more, and at least two different values among them"
        raise InvalidInput(message)
    labels = None if clusters is None else clustered(clusters, len(rated)).codes[rated]
    groups = clustered(labels, table.shape[1])
    coincidences = _coincidences(table, values)
    features = np.column_stack([groups.sums(column) for column in coincidences.T])
    estimate = float(_alpha(features.sum(axis=0)[None, :], values, level)[0])
    drawn = _alpha(resample_sums(features, draws=draws, seed=seed), values, level)
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2])
    return KrippendorffAlpha(
        estimate=estimate,
        se=float(drawn.std(ddof=1)),
        low=float(low),
        high=float(high),
        level=level,
        units=table.shape[1],
        pairable=int(np.isfinite(table).sum()),
    )


def _coincidences(table: Matrix, values: Floats) -> Matrix:
    """Each unit's coincidence matrix, flattened: (units, V * V)."""
    size = len(values)
    counts = np.stack([(table == value).sum(axis=0) for value in values], axis=1).astype(np.float64)
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, np.arange(size), np.arange(size)] -= counts
    return (pairs / (counts.sum(axis=1) - 1)[:, None, None]).reshape(len(counts), size * size)


def _alpha(sums: Matrix, values: Floats, level: Level) -> Floats:
    """Alpha of each row of flattened coincidence matrices (draws, V * V)."""
    size = len(values)
    coincidences = sums.reshape(-1, size, size)
    margins = coincidences.sum(axis=2)
    total = margins.sum(axis=1)
    distance = _distances(margins, values, level)
    observed = (coincidences * distance).sum(axis=(1, 2)) / total
    expected = (margins[:, :, None] * margins[:, None, :] * distance).sum(axis=(1, 2)) / (total * (total - 1))
    return 1 - np.divide(observed, expected, out=np.full_like(observed, np.nan), where=expected > 0)


def _distances(margins: Matrix, values: Floats, level: Level) -> Matrix:
    """Squared differences between values: (draws or 1, V, V)."""
    if level == "nominal":
        return (values[:, None] != values[None, :]).astype(np.float64)[None]
    if level == "interval":
        return ((values[:, None] - values[None, :]) ** 2)[None]
    if level == "ratio":
        total = values[:, None] + values[None, :]
        return (np.divide(values[:, None] - values[None, :], total, out=np.zeros_like(total), where=total != 0) ** 2)[
            None
        ]
    # Ordinal: what lies between c and k, both ends counted half.
    middle = np.cumsum(margins, axis=1) - margins / 2
    return (middle[:, :, None] - middle[:, None, :]) ** 2
