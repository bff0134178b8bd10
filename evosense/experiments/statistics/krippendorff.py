"""Agreement of any number of raters, some of whom did not rate everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, Floats, as_floats, clustered, open_unit
from evosense.experiments.statistics.resample import Matrix, resample_sums

Level = Literal["nominal", "ordinal", "interval", "ratio"]
_OfSums = Callable[[Matrix], Floats]
# Coincidences grow with the square of the values: 128 of them are 16,384 sums a draw.
_MAX_VALUES = 128
_BLOCK = 100
# What rounding leaves of a resample whose ratings are all alike, against their squares.
_NOTHING = 1e-12


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
        InvalidInput: no unit with two ratings, all ratings alike (nothing to agree about), infinite ratings, an
            unknown level, or more than 128 different values that are not of interval level.
    """
    table = as_floats(ratings, "ratings")
    _check(table, level)
    open_unit(alpha, "alpha")
    rated = np.isfinite(table).sum(axis=0) >= 2
    table = table[:, rated]
    values = np.unique(table[np.isfinite(table)])
    if len(values) < 2:
        message = "alpha needs units with two ratings or more, and at least two different values among them"
        raise InvalidInput(message)
    labels = None if clusters is None else clustered(clusters, len(rated)).codes[rated]
    groups = clustered(labels, table.shape[1])
    features, of_sums = _interval(table) if level == "interval" else _by_value(table, values, level)
    per_chat = np.column_stack([groups.sums(column) for column in features.T])
    estimate = float(of_sums(per_chat.sum(axis=0)[None, :])[0])
    sums = resample_sums(per_chat, draws=draws, seed=seed)
    drawn = np.concatenate([of_sums(sums[start : start + _BLOCK]) for start in range(0, draws, _BLOCK)])
    # A resample without two different values has nothing to agree about.
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


def _check(table: Matrix, level: Level) -> None:
    if level not in get_args(Level):
        message = f"level is one of {', '.join(get_args(Level))}, not {level!r}"
        raise InvalidInput(message)
    if table.ndim != 2:
        message = f"ratings must be raters x units, not of shape {table.shape}"
        raise InvalidInput(message)
    if np.isinf(table).any():
        message = "ratings must not be infinite; NaN is where a rater did not rate"
        raise InvalidInput(message)
    count = len(np.unique(table[np.isfinite(table)]))
    if level != "interval" and count > _MAX_VALUES:
        message = f"{count} different values are too many for the {level} level; round them, or take level='interval'"
        raise InvalidInput(message)


def _interval(table: Matrix) -> tuple[Matrix, _OfSums]:
    """Each unit's ratings, their sum, squares and disagreement (units, 4), and alpha of sums of these.

    With squared differences no coincidence matrix is needed: over a unit's m ratings the ordered pairs' squares add
    up to 2 m sum x^2 - 2 (sum x)^2, however many different values there are.
    """
    rated = np.isfinite(table)
    # Around the overall mean: squares of large numbers would lose the differences that matter.
    around = np.where(rated, table - table[rated].mean(), 0.0)
    count, total, squares = rated.sum(axis=0).astype(np.float64), around.sum(axis=0), (around**2).sum(axis=0)
    within = (2 * count * squares - 2 * total**2) / (count - 1)

    def of_sums(sums: Matrix) -> Floats:
        n, x, xx, apart = sums.T
        expected = (2 * n * xx - 2 * x**2) / (n * (n - 1))
        return 1 - np.divide(apart / n, expected, out=np.full_like(n, np.nan), where=expected > _NOTHING * xx / n)

    return np.column_stack([count, total, squares, within]), of_sums


def _by_value(table: Matrix, values: Floats, level: Level) -> tuple[Matrix, _OfSums]:
    """Each unit's coincidences (units, V * V), and alpha of sums of these."""
    return _coincidences(table, values), lambda sums: _alpha(sums, values, level)


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
    if level == "ratio":
        total = values[:, None] + values[None, :]
        return (np.divide(values[:, None] - values[None, :], total, out=np.zeros_like(total), where=total != 0) ** 2)[
            None
        ]
    # Ordinal: what lies between c and k, both ends counted half.
    middle = np.cumsum(margins, axis=1) - margins / 2
    return (middle[:, :, None] - middle[:, None, :]) ** 2
