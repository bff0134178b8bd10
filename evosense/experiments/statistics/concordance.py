"""Do two scorers give the same number, not only numbers that rise together?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, clustered, open_unit, pairs
from evosense.experiments.statistics.clustered import ClusteredMean, clustered_mean, linearised_se
from evosense.experiments.statistics.distributions import ratio, t_p, two_sided_t, two_sided_z


@dataclass(frozen=True, slots=True)
class Concordance:
    """Lin's coefficient = `precision` (Pearson's r) * `accuracy` (shift in place and scale), interval by Fisher's z."""

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    precision: float
    accuracy: float
    n: int


@dataclass(frozen=True, slots=True)
class BlandAltman:
    """Mean difference (second minus first) and the limits between which about 95 % of differences lie."""

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    sd: float
    lower_limit: float
    upper_limit: float
    limit_se: float
    n: int


def concordance(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike | Clusters | None = None,
    *,
    alpha: float = 0.05,
) -> Concordance:
    """Lin's concordance correlation coefficient: 2 s_xy / (s_x^2 + s_y^2 + (x - y)^2), moments with 1/n.

    The error is that of the linearised coefficient (delta method over its five moments), summed within chats
    (CR1); the interval is taken on Fisher's z scale.

    Args:
        first: values of scorer A (n,).
        second: values of scorer B (n,), paired.
        clusters: chat of each pair.
        alpha: 1 - confidence.

    Source: Lin 1989, Biometrics 45:255-268.

    Raises:
        InvalidInput: unequal arrays, fewer than 3 pairs, or two constants that are equal.
    """
    left, right = pairs(first, second, at_least=3)
    groups = clustered(clusters, len(left))
    open_unit(alpha, "alpha")
    x, y = left - left.mean(), right - right.mean()
    shift, n = float(left.mean() - right.mean()), len(left)
    var_x, var_y, covariance = float(x @ x) / n, float(y @ y) / n, float(x @ y) / n
    scale = var_x + var_y + shift**2
    if scale == 0:
        message = "both arrays are the same constant; there is no spread to agree about"
        raise InvalidInput(message)
    estimate = 2 * covariance / scale
    influence = (2 * (x * y - covariance) - estimate * (x**2 - var_x + y**2 - var_y + 2 * shift * (x - y))) / scale
    se = linearised_se((influence - influence.mean()) / n, groups)
    low, high = _fisher(estimate, se, two_sided_t(alpha, groups.count - 1))
    spread = math.sqrt(var_x * var_y)
    precision = covariance / spread if spread else 0.0
    statistic = ratio(estimate, se)
    return Concordance(
        estimate=estimate,
        se=se,
        low=low,
        high=high,
        statistic=statistic,
        p=t_p(statistic, groups.count - 1),
        precision=precision,
        accuracy=estimate / precision if precision else 0.0,
        n=n,
    )


def _fisher(estimate: float, se: float, quantile: float) -> tuple[float, float]:
    """The interval of a correlation-like coefficient, made on the scale of atanh."""
    if abs(estimate) >= 1:
        return estimate, estimate
    centre, half = math.atanh(estimate), quantile * se / (1 - estimate**2)
    return math.tanh(centre - half), math.tanh(centre + half)


def bland_altman(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike | Clusters | None = None,
    *,
    alpha: float = 0.05,
) -> BlandAltman:
    """Bias (second minus first) with a clustered interval, and the limits of agreement bias +- z s.

    s^2 is the total variance of the differences; the limits' own error is sqrt(SE^2 + z^2 s^2 DEFF / (2 (n-1))).

    Args:
        first: values of scorer A (n,).
        second: values of scorer B (n,), paired.
        clusters: chat of each pair.
        alpha: 1 - confidence, for the interval of the bias and the width of the limits.

    Source: Bland and Altman 1986, Lancet 327; 1999, Stat. Methods Med. Res. 8.

    Raises:
        InvalidInput: unequal arrays or fewer than 2 chats.
    """
    left, right = pairs(first, second, at_least=2)
    differences = right - left
    bias: ClusteredMean = clustered_mean(differences, clusters, alpha=alpha)
    sd, z = float(np.std(differences, ddof=1)), two_sided_z(alpha)
    return BlandAltman(
        estimate=bias.estimate,
        se=bias.se,
        low=bias.low,
        high=bias.high,
        statistic=bias.statistic,
        p=bias.p,
        sd=sd,
        lower_limit=bias.estimate - z * sd,
        upper_limit=bias.estimate + z * sd,
        limit_se=math.sqrt(bias.se**2 + z**2 * sd**2 * bias.design.deff / (2 * (len(left) - 1))),
        n=len(left),
    )
