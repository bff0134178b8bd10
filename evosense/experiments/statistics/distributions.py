"""Quantiles and tail areas, from scipy.special (scipy.stats takes most of a second to import)."""

from __future__ import annotations

import math

from scipy import special


def normal_quantile(share: float) -> float:
    """Z such that P(Z <= z) = `share`."""
    return float(special.ndtri(share))


def two_sided_z(alpha: float) -> float:
    """The normal quantile that leaves `alpha` outside on both sides together: 1.96 for 0.05."""
    return normal_quantile(1 - alpha / 2)


def two_sided_t(alpha: float, degrees: float) -> float:
    """The t quantile that leaves `alpha` outside on both sides together."""
    return float(special.stdtrit(degrees, 1 - alpha / 2))


def normal_p(statistic: float) -> float:
    """Two-sided tail area of a standard normal."""
    return float(special.erfc(abs(statistic) / math.sqrt(2)))


def t_p(statistic: float, degrees: float) -> float:
    """Two-sided tail area of Student's t; 0 at infinity, 1 for NaN (no difference and nothing varies)."""
    if math.isnan(statistic):
        return 1.0
    return float(2 * special.stdtr(degrees, -abs(statistic)))


def upper_t_p(statistic: float, degrees: float) -> float:
    """P(T >= `statistic`)."""
    return float(special.stdtr(degrees, -statistic))


def chi2_p(statistic: float, degrees: float) -> float:
    """Upper tail area of chi-squared."""
    return float(special.chdtrc(degrees, statistic))


def ratio(estimate: float, se: float) -> float:
    """`estimate` / `se`; NaN for 0/0 and signed infinity for a difference without any spread."""
    if se > 0:
        return estimate / se
    return math.nan if estimate == 0 else math.copysign(math.inf, estimate)
