"""Has the distribution of scores moved, by more than the same scorer moves by itself?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, Floats, clustered, floats, open_unit
from evosense.experiments.statistics.resample import Matrix, resample_sums

# Shares of empty bins are lifted to this before a logarithm is taken.
_FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class Drift:
    """A distance between two samples; it is drift when above `threshold`, the 1 - alpha quantile of no change."""

    estimate: float
    threshold: float
    p: float
    is_drift: bool
    reference_n: int
    current_n: int


@dataclass(frozen=True)
class _Measure:
    """Bin edges from the reference, and a distance between rows of shares (draws, bins)."""

    edges: Callable[[Floats, Floats, int], Floats]
    distance: Callable[[Matrix, Matrix, Floats], Floats]


def population_stability_index(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    clusters: tuple[ArrayLike, ArrayLike] | None = None,
    bins: int = 10,
    draws: int = 1_000,
    alpha: float = 0.05,
    seed: int = 0,
) -> Drift:
    """PSI = sum (q_k - p_k) log(q_k / p_k) over bins at the reference's quantiles.

    The threshold is what resampled chats of the reference against itself reach, not the folk 0.1 or 0.2.

    Args:
        reference: scores of the champion's history (n,).
        current: scores to judge (m,).
        clusters: chats of both samples; they are resampled whole.
        bins: quantile bins of the reference.
        draws: resamples for the threshold.
        alpha: share of false alarms.
        seed: of the resamples.

    Source: Siddiqi 2006, Credit Risk Scorecards; it is the symmetrised Kullback-Leibler divergence.

    Raises:
        InvalidInput: empty samples, NaN, fewer than 2 bins or chats.
    """
    measure = _Measure(_quantile_edges, lambda p, q, _: _psi(p, q))
    return _drift(reference, current, measure, clusters, bins, draws, alpha, seed)


def jensen_shannon(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    clusters: tuple[ArrayLike, ArrayLike] | None = None,
    bins: int = 20,
    draws: int = 1_000,
    alpha: float = 0.05,
    seed: int = 0,
) -> Drift:
    """Jensen-Shannon distance (square root of the divergence, base 2, 0..1) over bins of equal width.

    Arguments and errors as `population_stability_index`. Source: Endres and Schindelin 2003, IEEE Trans. Inf. Theory.
    """
    measure = _Measure(_equal_edges, lambda p, q, _: _js(p, q))
    return _drift(reference, current, measure, clusters, bins, draws, alpha, seed)


def wasserstein(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    clusters: tuple[ArrayLike, ArrayLike] | None = None,
    bins: int = 512,
    draws: int = 1_000,
    alpha: float = 0.05,
    seed: int = 0,
) -> Drift:
    """Earth mover's distance in the unit of the scores: integral of |F - G|.

    The estimate is exact; threshold and p are taken over `bins` bins of equal width where there are more values.
    Arguments and errors as `population_stability_index`. Source: Vallender 1974, Theory Probab. Appl. 18.
    """
    measure = _Measure(_value_edges, lambda p, q, edges: np.abs(np.cumsum(q - p, axis=1)[:, :-1]) @ np.diff(edges))
    found = _drift(reference, current, measure, clusters, bins, draws, alpha, seed)
    return replace(found, estimate=_earth_mover(np.asarray(reference, float), np.asarray(current, float)))


def _earth_mover(base: Floats, now: Floats) -> float:
    """Integral of |F - G| over every value that either sample holds."""
    values = np.sort(np.concatenate([base, now]))
    shares = [np.searchsorted(np.sort(sample), values[:-1], side="right") / len(sample) for sample in (base, now)]
    return float(np.abs(shares[0] - shares[1]) @ np.diff(values))


def _drift(
    reference: ArrayLike,
    current: ArrayLike,
    measure: _Measure,
    clusters: tuple[ArrayLike, ArrayLike] | None,
    bins: int,
    draws: int,
    alpha: float,
    seed: int,
) -> Drift:
    base, now = floats(reference, "reference", at_least=2), floats(current, "current", at_least=2)
    open_unit(alpha, "alpha")
    if bins < 2:
        message = f"a histogram needs 2 bins or more, not {bins}"
        raise InvalidInput(message)
    labels = clusters or (None, None)
    base_chats, now_chats = clustered(labels[0], len(base)), clustered(labels[1], len(now))
    edges = measure.edges(base, now, bins)
    counts = _per_chat(base, base_chats, edges)
    share = counts.sum(axis=0, keepdims=True)
    observed = float(
        measure.distance(_shares(share), _shares(_per_chat(now, now_chats, edges).sum(axis=0, keepdims=True)), edges)[0]
    )
    nulls = _no_change(counts, now_chats.count, draws, seed)
    distances = measure.distance(*nulls, edges)
    threshold = float(np.quantile(distances, 1 - alpha))
    p = (1 + int((distances >= observed).sum())) / (draws + 1)
    return Drift(observed, threshold, p, observed > threshold, len(base), len(now))


def _no_change(counts: Matrix, chats_now: int, draws: int, seed: int) -> tuple[Matrix, Matrix]:
    """Two independent resamples of the reference's chats: one of its own size, one of the current sample's size."""
    one = resample_sums(counts, draws=draws, seed=seed)
    rng = np.random.default_rng(seed + 1)
    other = np.empty_like(one)
    for draw in range(draws):
        picked = np.bincount(rng.integers(len(counts), size=chats_now), minlength=len(counts))
        other[draw] = picked @ counts
    return _shares(np.maximum(one, 0)), _shares(other)


def _per_chat(values: Floats, chats: Clusters, edges: Floats) -> Matrix:
    width = len(edges)
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, width - 1)
    counts = np.bincount(chats.codes * width + bins, minlength=chats.count * width)
    return counts.reshape(chats.count, width).astype(np.float64)


def _shares(counts: Matrix) -> Matrix:
    return counts / counts.sum(axis=1, keepdims=True)


def _psi(p: Matrix, q: Matrix) -> Floats:
    p, q = np.maximum(p, _FLOOR), np.maximum(q, _FLOOR)
    return ((q - p) * np.log(q / p)).sum(axis=1)


def _js(p: Matrix, q: Matrix) -> Floats:
    middle = (p + q) / 2
    return np.sqrt(np.maximum((_kl(p, middle) + _kl(q, middle)) / 2, 0))


def _kl(p: Matrix, q: Matrix) -> Floats:
    return (p * np.log2(np.divide(p, q, out=np.ones_like(p), where=p > 0))).sum(axis=1)


def _quantile_edges(base: Floats, now: Floats, bins: int) -> Floats:
    return np.unique(np.quantile(base, np.linspace(0, 1, bins + 1)[:-1]))


def _equal_edges(base: Floats, now: Floats, bins: int) -> Floats:
    low, high = min(base.min(), now.min()), max(base.max(), now.max())
    return np.linspace(low, high, bins + 1)[:-1] if high > low else np.array([low])


def _value_edges(base: Floats, now: Floats, bins: int) -> Floats:
    values = np.unique(np.concatenate([base, now]))
    return values if len(values) <= bins else np.linspace(values[0], values[-1], bins)
