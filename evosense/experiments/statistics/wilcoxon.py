"""A rank test beside the mean: less moved by a few extreme chats, at home with many ties."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evosense.experiments.statistics.arrays import Clusters, Floats, clustered, floats
from evosense.experiments.statistics.distributions import normal_p

# Up to so many chats sign patterns are counted; with ties or zeros scipy's permutation test ends earlier.
_EXACT_WITHOUT_TIES, _EXACT_WITH_TIES = 50, 13


@dataclass(frozen=True, slots=True)
class Wilcoxon:
    """`estimate` is the matched-pairs rank-biserial correlation (-1..1), `statistic` the normal deviate.

    `method` says where `p` comes from: all sign patterns counted, or the normal limit of `statistic`.
    """

    estimate: float
    statistic: float
    p: float
    rank_sum_positive: float
    rank_sum_negative: float
    zeros: int
    n: int
    method: Literal["exact", "normal"]


def wilcoxon_pratt(
    values: ArrayLike, clusters: ArrayLike | Clusters | None = None, *, exact: bool | None = None
) -> Wilcoxon:
    """Wilcoxon's signed-rank test with Pratt's treatment of zeros, on the chats' mean differences.

    Zeros take part in the ranking and are then dropped; with R+ the rank sum of positive differences,
    z = (R+ - mean) / sd, mean = (n(n+1) - m(m+1))/4, variance = (n(n+1)(2n+1) - m(m+1)(2m+1))/24 - sum(t^3 - t)/48
    for m zeros and ties of sizes t among the non-zero. No continuity correction. LLM scores tie a lot, and the
    usual form (dropping zeros first) then reverses answers. Few chats: p counts the sign patterns of the ranks at
    hand (ties and zeros included) whose R+ lies as far from its mean, since the normal limit claims too much there.

    Args:
        values: differences d_i (n,).
        clusters: chat of each observation; each chat counts once, with its mean. None: each its own.
        exact: force (True) or refuse (False) counting; None counts up to 50 chats without zeros and ties, up to 13
            with them, as scipy does.

    Source: Pratt 1959, J. Am. Stat. Assoc. 54; variance and choice of method as
    `scipy.stats.wilcoxon(zero_method="pratt", correction=False)`.

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
    count_patterns = _is_small(n, has_ties=tie_term > 0 or zeros > 0) if exact is None else exact
    return Wilcoxon(
        estimate=(positive - negative) / total if total else 0.0,
        statistic=statistic,
        p=_exact_p(ranks[means != 0], positive) if count_patterns else normal_p(statistic),
        rank_sum_positive=positive,
        rank_sum_negative=negative,
        zeros=zeros,
        n=n,
        method="exact" if count_patterns else "normal",
    )


def _is_small(n: int, *, has_ties: bool) -> bool:
    return n <= (_EXACT_WITH_TIES if has_ties else _EXACT_WITHOUT_TIES)


def _exact_p(ranks: Floats, positive: float) -> float:
    """Share of the 2^m sign patterns whose rank sum lies as far from its mean as `positive` does."""
    # Averaged ranks are halves at most: doubled they are whole, and their sums can be counted one by one.
    doubled = np.rint(2 * ranks).astype(np.int64)
    ways = np.zeros(int(doubled.sum()) + 1)
    ways[0] = 1.0
    for rank in doubled:
        ways[rank:] = ways[rank:] + ways[: len(ways) - rank]
    distances = np.abs(2 * np.arange(len(ways)) - doubled.sum())
    reached = distances >= abs(2 * round(2 * positive) - int(doubled.sum()))
    return float(ways[reached].sum() / ways.sum())


def _average_ranks(values: Floats) -> tuple[Floats, float]:
    """Ranks from 1 with ties averaged, and sum(t^3 - t) over all ties."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle = last - (counts - 1) / 2
    sizes = counts.astype(np.float64)
    return middle[inverse], float((sizes**3 - sizes).sum())
