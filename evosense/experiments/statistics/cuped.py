"""What a unit was like before explains part of what it is now: remove that part and the interval shrinks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, Floats, clustered, open_unit, pairs
from evosense.experiments.statistics.clustered import linearised_se
from evosense.experiments.statistics.distributions import ratio, t_p, two_sided_t


@dataclass(frozen=True)
class Cuped:
    """The adjusted mean (or difference treated - control), and how much variance the covariate took away (0..1)."""

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    unadjusted: float
    unadjusted_se: float
    theta: float
    variance_reduction: float
    adjusted: Floats


def cuped(
    outcome: ArrayLike,
    covariate: ArrayLike,
    treated: ArrayLike | None = None,
    *,
    clusters: ArrayLike | Clusters | None = None,
    alpha: float = 0.05,
) -> Cuped:
    """Control-variate adjustment: Y' = Y - theta (X - mean X), theta = cov(Y, X) / var X, variance x (1 - r^2).

    For exposed canaries and outcomes only (re-contact, survey answers): in a shadow, pairing has done this already.

    Args:
        outcome: Y, measured during the experiment (n,).
        covariate: X, the same thing measured before it started (n,), which the treatment can't have moved.
        treated: True where the unit saw the challenger; None gives the mean of Y' instead of a difference.
        clusters: chat or person of each unit.
        alpha: 1 - confidence.

    Source: Deng, Xu, Kohavi and Walker 2013, WSDM.

    Raises:
        InvalidInput: unequal arrays, or an arm without units.
    """
    y, x = pairs(outcome, covariate, at_least=3)
    groups = clustered(clusters, len(y))
    open_unit(alpha, "alpha")
    arm = None if treated is None else _arm(treated, len(y))
    theta = _theta(y, x, arm)
    adjusted = y - theta * (x - x.mean())
    before, before_se = _effect(y, arm, groups)
    estimate, se = _effect(adjusted, arm, groups)
    half = two_sided_t(alpha, groups.count - 1) * se
    statistic = ratio(estimate, se)
    return Cuped(
        estimate=estimate,
        se=se,
        low=estimate - half,
        high=estimate + half,
        statistic=statistic,
        p=t_p(statistic, groups.count - 1),
        unadjusted=before,
        unadjusted_se=before_se,
        theta=theta,
        variance_reduction=1 - (se / before_se) ** 2 if before_se > 0 else 0.0,
        adjusted=adjusted,
    )


def _arm(treated: ArrayLike, n: int) -> Floats:
    arm = np.asarray(treated, dtype=bool)
    if arm.shape != (n,) or arm.all() or not arm.any():
        message = "treated must say True or False for each unit, with units on both sides"
        raise InvalidInput(message)
    return arm.astype(np.float64)


def _theta(y: Floats, x: Floats, arm: Floats | None) -> float:
    """The pooled slope; within arms, so that the effect itself does not leak into it."""
    if arm is not None:
        treated = arm > 0
        y = np.where(treated, y - y[treated].mean(), y - y[~treated].mean())
        x = np.where(treated, x - x[treated].mean(), x - x[~treated].mean())
    centred = x - x.mean()
    variance = float(centred @ centred)
    return float(centred @ (y - y.mean())) / variance if variance > 0 else 0.0


def _effect(y: Floats, arm: Floats | None, groups: Clusters) -> tuple[float, float]:
    if arm is None:
        mean = float(y.mean())
        return mean, linearised_se((y - mean) / len(y), groups)
    treated = arm > 0
    one, other = y[treated], y[~treated]
    contributions = np.where(treated, (y - one.mean()) / len(one), -(y - other.mean()) / len(other))
    return float(one.mean() - other.mean()), linearised_se(contributions, groups)
