"""Not worse, or not different enough to matter: what a missing significance does not say."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike

from evosense.experiments.statistics.arrays import Clusters, positive
from evosense.experiments.statistics.clustered import clustered_mean
from evosense.experiments.statistics.distributions import two_sided_t, upper_t_p


@dataclass(frozen=True, slots=True)
class MarginTest:
    """A mean difference held against a margin; `low` and `high` are the 1 - 2 alpha interval that belongs to it."""

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    margin: float
    holds: bool


def equivalence(
    values: ArrayLike, clusters: ArrayLike | Clusters | None = None, *, margin: float, alpha: float = 0.05
) -> MarginTest:
    """Two one-sided tests that the mean difference lies within +-margin: p is the larger one.

    Holds exactly when the 1 - 2 alpha interval lies within the margins.

    Args:
        values: paired differences (n,).
        clusters: chat of each.
        margin: the largest difference that does not matter, above 0, in the unit of `values`.
        alpha: level of each one-sided test.

    Source: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15 (TOST), with clustered errors.

    Raises:
        InvalidInput: margin not above 0, fewer than 2 chats, NaN.
    """
    positive(margin, "margin")
    mean = clustered_mean(values, clusters, alpha=alpha)
    above = _deviate(mean.estimate + margin, mean.se)
    below = _deviate(margin - mean.estimate, mean.se)
    statistic = min(above, below)
    return _margin_test(mean.estimate, mean.se, mean.degrees, statistic, margin, alpha)


def non_inferiority(
    values: ArrayLike,
    clusters: ArrayLike | Clusters | None = None,
    *,
    margin: float,
    higher_is_better: bool = True,
    alpha: float = 0.05,
) -> MarginTest:
    """One-sided test that the second arm is worse by less than `margin`.

    t = (mean + margin) / SE when higher is better, (margin - mean) / SE otherwise; p = P(T_{C-1} >= t). Guardrails
    are tested this way, each on its own: all have to hold, so no correction is due.

    Args:
        values: paired differences, second minus first (n,).
        clusters: chat of each.
        margin: how much worse is still acceptable, above 0.
        higher_is_better: the metric's direction.
        alpha: one-sided level.

    Source: CONSORT extension for non-inferiority, Piaggio et al. 2012, JAMA 308; errors clustered (CR1).

    Raises:
        InvalidInput: margin not above 0, fewer than 2 chats, NaN.
    """
    positive(margin, "margin")
    mean = clustered_mean(values, clusters, alpha=alpha)
    gain = mean.estimate if higher_is_better else -mean.estimate
    return _margin_test(mean.estimate, mean.se, mean.degrees, _deviate(gain + margin, mean.se), margin, alpha)


def _deviate(distance: float, se: float) -> float:
    return distance / se if se > 0 else math.copysign(math.inf, distance)


def _margin_test(estimate: float, se: float, degrees: int, statistic: float, margin: float, alpha: float) -> MarginTest:
    half = two_sided_t(2 * alpha, degrees) * se
    p = upper_t_p(statistic, degrees)
    return MarginTest(estimate, se, estimate - half, estimate + half, statistic, p, margin, p <= alpha)
