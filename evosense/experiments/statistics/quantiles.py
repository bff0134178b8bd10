"""Differences of percentiles (latency p50, p95, p99) with a paired cluster bootstrap over histograms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, Floats, clustered, open_unit, pairs
from evosense.experiments.statistics.clustered import linearised_se
from evosense.experiments.statistics.resample import Matrix, resample_both

# The histogram is fine only where the percentile can fall: this many standard errors to both sides.
_REACH = 8.0
_BINS = 64


@dataclass(frozen=True)
class QuantileDifference:
    """`second` - `first` at one percentile, with a percentile-bootstrap interval."""

    share: float
    first: float
    second: float
    estimate: float
    se: float
    low: float
    high: float
    p: float
    draws: int
    chats: int


@dataclass(frozen=True)
class _Histogram:
    """Counts per chat in bins around one percentile of one arm.

    The two outer bins hold nearly all messages and are kept dense (chats, 2); the fine ones hold a few thousand
    messages of a million and are kept sparse (chats, bins), which is what makes resampling cheap.
    """

    edges: Floats
    outer: NDArray[np.float32]
    fine: sparse.csr_array


class QuantileSums:
    """Both arms reduced to histograms per chat, so that percentiles can be read off sums over resampled chats."""

    def __init__(self, first: Floats, second: Floats, groups: Clusters, shares: Sequence[float]) -> None:
        """`first` and `second` (n,) are paired; `groups` are their chats."""
        self._arms = first, second
        self._chats = groups.count
        self._shares = shares
        self._histograms = [_histogram(values, groups, share) for share in shares for values in self._arms]

    @property
    def dense(self) -> NDArray[np.float32]:
        """Outer bins, to be summed over chats: (chats, columns)."""
        return np.hstack([histogram.outer for histogram in self._histograms])

    @property
    def fine(self) -> sparse.csr_array:
        """Fine bins, to be summed over chats: (chats, columns)."""
        return sparse.csr_array(sparse.hstack([histogram.fine for histogram in self._histograms]))

    def results(self, dense: Matrix, fine: Matrix, alpha: float) -> tuple[QuantileDifference, ...]:
        """One result per share, from `dense` and `fine` summed over each resample: (draws, columns) each."""
        drawn: list[Floats] = []
        start = 0
        for place, histogram in enumerate(self._histograms):
            width = len(histogram.edges) + 1
            counts = fine[:, start : start + width].copy()
            start += width
            counts[:, list(_outer_bins(histogram.edges))] += dense[:, 2 * place : 2 * place + 2]
            drawn.append(_read_off(counts, histogram.edges, self._shares[place // 2]))
        found: list[QuantileDifference] = []
        for index, share in enumerate(self._shares):
            exact = float(np.quantile(self._arms[0], share)), float(np.quantile(self._arms[1], share))
            found.append(_result(share, exact, drawn[2 * index + 1] - drawn[2 * index], self._chats, alpha))
        return tuple(found)


def quantile_difference(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike | Clusters | None = None,
    *,
    shares: Sequence[float] = (0.5, 0.95, 0.99),
    draws: int = 2_000,
    alpha: float = 0.05,
    seed: int = 0,
) -> tuple[QuantileDifference, ...]:
    """Differences of percentiles between paired arms, one result per share.

    Each chat is reduced to a histogram whose bins lie within 8 clustered standard errors around the percentile,
    so a resample is a weighted sum of histograms and its percentile is read off by linear interpolation; the bin
    width is a quarter of the standard error at most. Point estimates are exact (linear interpolation, type 7).

    Args:
        first: values of arm A (n,), e.g. latency in ms.
        second: values of arm B (n,), paired.
        clusters: chat of each pair (n,).
        shares: percentiles as shares, 0.95 for p95.
        draws: resamples of chats.
        alpha: 1 - confidence.
        seed: of the resamples.

    Source: Davison and Hinkley 1997, Bootstrap Methods, 3.8 and 5.3.

    Raises:
        InvalidInput: fewer than 2 chats, unequal arrays, a share outside 0..1.
    """
    left, right = pairs(first, second, at_least=2)
    groups = clustered(clusters, len(left))
    open_unit(alpha, "alpha")
    if not shares or not all(0 < share < 1 for share in shares):
        message = f"shares must lie between 0 and 1, e.g. (0.5, 0.95), not {tuple(shares)}"
        raise InvalidInput(message)
    reduced = QuantileSums(left, right, groups, shares)
    dense, fine = resample_both(reduced.dense, reduced.fine, draws=draws, seed=seed)
    return reduced.results(dense, fine, alpha)


def _histogram(values: Floats, groups: Clusters, share: float) -> _Histogram:
    edges = _edges(values, groups, share)
    bins = np.searchsorted(edges, values, side="left")
    width = len(edges) + 1
    below, above = _outer_bins(edges)
    outer = np.column_stack(
        [np.bincount(groups.codes[bins == place], minlength=groups.count) for place in (below, above)]
    )
    inner = (bins != below) & (bins != above)
    ones = np.ones(int(inner.sum()), dtype=np.float32)
    fine = sparse.coo_array((ones, (groups.codes[inner], bins[inner])), shape=(groups.count, width))
    return _Histogram(edges, outer.astype(np.float32), sparse.csr_array(fine))


def _outer_bins(edges: Floats) -> tuple[int, int]:
    """The bin between the smallest value and the fine ones, and the one up to the largest; two different ones."""
    return 1, max(len(edges) - 1, 2 if len(edges) > 1 else 0)


def _edges(values: Floats, groups: Clusters, share: float) -> Floats:
    """Sample quantiles at equal steps of probability around `share`, which is where a resample's can fall."""
    n = len(values)
    below = (values <= np.quantile(values, share)).astype(np.float64)
    reach = _REACH * max(linearised_se((below - below.mean()) / n, groups), 1 / n)
    probabilities = np.linspace(max(share - reach, 0), min(share + reach, 1), _BINS + 1)
    # Both ends of the data frame the outer bins, so that interpolation never leaves what was seen.
    return np.unique(np.concatenate([[values.min()], np.quantile(values, probabilities), [values.max()]]))


def _read_off(counts: Matrix, edges: Floats, share: float) -> Floats:
    """The percentile of each weighted histogram (draws, bins), interpolated between the edges around it."""
    cumulative = np.cumsum(counts, axis=1)[:, :-1]
    target = share * counts.sum(axis=1)
    upper = np.minimum((cumulative < target[:, None] - 1e-6).sum(axis=1), len(edges) - 1)
    lower = np.maximum(upper - 1, 0)
    rows = np.arange(len(counts))
    low, high = cumulative[rows, lower], cumulative[rows, upper]
    gap = high - low
    part = np.divide(target - low, gap, out=np.ones_like(gap), where=gap > 0)
    return edges[lower] + np.clip(part, 0, 1) * (edges[upper] - edges[lower])


def _result(
    share: float, exact: tuple[float, float], differences: Floats, chats: int, alpha: float
) -> QuantileDifference:
    low, high = np.quantile(differences, [alpha / 2, 1 - alpha / 2])
    fewer = min(int((differences <= 0).sum()), int((differences >= 0).sum()))
    se = float(differences.std(ddof=1))
    return QuantileDifference(
        share=share,
        first=exact[0],
        second=exact[1],
        estimate=exact[1] - exact[0],
        se=0.0 if math.isnan(se) else se,
        low=float(low),
        high=float(high),
        p=min(1.0, 2 * (1 + fewer) / (len(differences) + 1)),
        draws=len(differences),
        chats=chats,
    )
