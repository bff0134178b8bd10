"""Statistics that need the rows themselves: ranks, kappa, medians. Each answers a number wherever there are rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evosense.experiments.statistics.arrays import Floats


def average_ranks(values: Floats) -> Floats:
    """Ranks from 1, ties averaged."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse.reshape(-1)]


def rank_correlation(first: Floats, *others: Floats) -> float:
    """Spearman's rho of the first two columns; 0 where one of them does not vary."""
    one, other = average_ranks(first), average_ranks(others[0])
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def kappa(first: Floats, *others: Floats) -> float:
    """Cohen's kappa of the first two columns as categories; 1 where both name one and the same category only."""
    labels, codes = np.unique(np.concatenate([first, others[0]]), return_inverse=True)
    rows, columns = codes.reshape(2, -1)
    p, q = (np.bincount(side, minlength=len(labels)) / len(first) for side in (rows, columns))
    apart = 1 - float(p @ q)
    return 1 - float((rows != columns).mean()) / apart if apart > 0 else 1.0


def median(first: Floats, *_others: Floats) -> float:
    """The first column's median."""
    return float(np.median(first))


ROW_NAMED: dict[str, Callable[..., float]] = {"spearman": rank_correlation, "kappa": kappa, "median": median}
