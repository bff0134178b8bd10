"""A rank test beside the mean: less moved by a few extreme chats, at home with many ties."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evosense.experiments.statistics.arrays import Clusters, Floats, clustered, floats
from evosense.experiments.statistics.distributions import normal_p


@dataclass(frozen=True, slots=True)
class Wilcoxon:
    """`estimate` is the matched-pairs rank-biserial correlation (-1..1), `statistic` the normal deviate."""

    estimate: float
    statistic: float
    p: float
    rank_sum_positive: float
    rank_sum_negative: float
    zeros: int
    n: int


def wilcoxon_pratt(values: ArrayLike, clusters: ArrayLike | Clusters | None = None) -> Wilcoxon:
    """Wilcoxon's signed-rank test with Pratt's treatment of zeros, on the chats' mean differences.

    Zeros take part in the ranking and are then dropped; with R+ the rank sum of positive differences,
    z = (R+ - mean) / sd, mean = (n(n+1) - m(m+1))/4, variance = (n(n+1)(2n+1) - m(m+1)(2m+1))/24 - sum(t^3 - t)/48
    for m zeros and ties of sizes t among the non-zero. No continuity correction. LLM scores tie a lot, and the
    usual form (dropping zeros first) then reverses answers.

    Args:
        values: differences d_i (n,).
        clusters: chat of each observation; each chat counts once, with its mean. None: each its own.

    Source: Pratt 1959, J. Am. Stat. Assoc. 54; variance as `scipy.stats.wilcoxon(zero_method="pratt")`.

    Raises:
        InvalidInput: fewer than 2 chats or NaN.
    """
    data = floats(values, "values", at_least=2)
    groups = clustered(clusters, len(data))
    means = groups.sums(data) / groups.sizes
    ranks, tie_term = _average_ranks(np.abs(means))
    zeros, n = int((means == 0).sum()), len(means)
    positive, negative = float(ranks[means > 0].sum()), float(ranks[means < 0].sum())
    expected = (n * (n + 1) - zeros * (zeros + 1)) / 4
    variance = (n * (n + 1) * (2 * n + 1) - zeros * (zeros + 1) * (2 * zeros + 1)) / 24
    # Zeros tie with one another, but they are dropped, so their tie does not count.
    variance -= (tie_term - (zeros**3 - zeros)) / 48
    statistic = (positive - expected) / math.sqrt(variance) if variance > 0 else 0.0
    total = positive + negative
    return Wilcoxon(
        estimate=(positive - negative) / total if total else 0.0,
        statistic=statistic,
        p=normal_p(statistic),
        rank_sum_positive=positive,
        rank_sum_negative=negative,
        zeros=zeros,
        n=n,
    )


def _average_ranks(values: Floats) -> tuple[Floats, float]:
    """Ranks from 1 with ties averaged, and sum(t^3 - t) over all ties."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle = last - (counts - 1) / 2
    sizes = counts.astype(np.float64)
    return middle[inverse], float((sizes**3 - sizes).sum())
