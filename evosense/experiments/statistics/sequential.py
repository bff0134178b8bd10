"""Looking at any time: intervals and p-values that stay valid however often one looks and whenever one stops."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Floats, floats, open_unit, positive

BURN_IN = 50


@dataclass(frozen=True)
class ConfidenceSequence:
    """The state after the last chat, and the whole path (t,) of means, limits and p-values.

    `low` and `high` are infinite before the burn-in; `p` is the smallest anytime-valid p so far against 0.
    """

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    t: int
    alpha: float
    t_star: float
    estimates: Floats
    lows: Floats
    highs: Floats
    ps: Floats

    def first_outside(self, low: float, high: float) -> int | None:
        """The first t at which the whole interval lies below `low` or above `high`, or None."""
        outside = np.flatnonzero((self.highs < low) | (self.lows > high))
        return int(outside[0]) + 1 if len(outside) else None


@dataclass(frozen=True)
class MSprt:
    """The mixture likelihood ratio against 0 after the last chat, and the path of p-values; stop when p <= alpha."""

    estimate: float
    se: float
    statistic: float
    p: float
    t: int
    tau: float
    ps: Floats


def mixture_rho_squared(t_star: float, alpha: float) -> float:
    """rho^2 = (-2 log a + log(-2 log a + 1)) / t*: the mixture that makes the interval tightest near t*."""
    gain = -2 * math.log(alpha)
    return (gain + math.log(gain + 1)) / t_star


def confidence_sequence(
    values: ArrayLike, *, t_star: float, alpha: float = 0.05, burn_in: int = BURN_IN, null: float = 0.0
) -> ConfidenceSequence:
    """Asymptotic confidence sequence for the mean of chats' differences, in the order in which the chats closed.

    mean_t +- s_t sqrt( 2(t r + 1)/(t^2 r) log( sqrt(t r + 1)/alpha ) ), r = rho^2 (see `mixture_rho_squared`).
    It covers the mean at all t at once with probability 1 - alpha, so each sensor tick may look. At t = 50..2000
    it is about 1.6 times as wide as an interval that may be read once.

    Args:
        values: one mean difference per chat (or chat and day), in order of closing (t,).
        t_star: planned number of chats, where the interval should be tightest.
        alpha: 1 - confidence, over the whole time.
        burn_in: chats before which nothing is claimed (the sequence is asymptotic).
        null: the value that p speaks of.

    Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, Ann. Stat. 52, arXiv 2103.06476.

    Raises:
        InvalidInput: no chats, NaN, or a t_star below 1.
    """
    data = floats(values, "values")
    open_unit(alpha, "alpha")
    rho = mixture_rho_squared(positive(t_star, "t_star"), alpha)
    t, means, spreads = _running(data)
    widened = t * rho + 1
    half = spreads * np.sqrt(2 * widened / (t**2 * rho) * np.log(np.sqrt(widened) / alpha))
    # One chat has no spread yet, whatever the burn-in.
    early = t < max(burn_in, 2)
    lows, highs = np.where(early, -np.inf, means - half), np.where(early, np.inf, means + half)
    # The same mixture as an e-value: the interval excludes `null` exactly when it reaches 1/alpha.
    deviates = _deviates(t * (means - null), spreads)
    evidence = deviates**2 * rho / (2 * widened) - np.log(widened) / 2
    ps = np.minimum.accumulate(np.where(early, 1.0, np.exp(-np.maximum(evidence, 0))))
    last = len(data) - 1
    return ConfidenceSequence(
        estimate=float(means[last]),
        se=float(spreads[last] / math.sqrt(last + 1)),
        low=float(lows[last]),
        high=float(highs[last]),
        statistic=float(deviates[last] / math.sqrt(last + 1)),
        p=float(ps[last]),
        t=last + 1,
        alpha=alpha,
        t_star=t_star,
        estimates=means,
        lows=lows,
        highs=highs,
        ps=ps,
    )


def msprt(values: ArrayLike, *, tau: float, burn_in: int = BURN_IN, null: float = 0.0) -> MSprt:
    """Mixture sequential probability ratio test of a mean difference, over chats in the order in which they closed.

    L_t = sqrt(V/(V + tau^2)) exp( tau^2 d^2 / (2 V (V + tau^2)) ), V = s_t^2 / t; p_t = min(p_{t-1}, 1/L_t).

    Args:
        values: one mean difference per chat (t,).
        tau: standard deviation of the effects one expects, in the unit of `values` (e.g. the margin).
        burn_in: chats before which nothing is claimed.
        null: the value that is tested.

    Source: Johari, Koomen, Pekelis and Walsh 2022, Oper. Res. 70, arXiv 1512.04922.

    Raises:
        InvalidInput: no chats, NaN, or tau not above 0.
    """
    data = floats(values, "values")
    positive(tau, "tau")
    t, means, spreads = _running(data)
    variance = spreads**2 / t
    difference = means - null
    total = variance + tau**2
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(variance / total) / 2 + tau**2 * difference**2 / (2 * variance * total)
    # Nothing varies: no evidence while the mean is the null itself, all of it otherwise.
    log_ratio = np.where(variance > 0, log_ratio, np.where(difference == 0, 0.0, np.inf))
    log_ratio = np.where(t < max(burn_in, 2), 0.0, log_ratio)
    ps = np.minimum.accumulate(np.exp(-np.maximum(log_ratio, 0)))
    return MSprt(
        estimate=float(means[-1]),
        se=float(math.sqrt(variance[-1])),
        statistic=float(log_ratio[-1]),
        p=float(ps[-1]),
        t=len(data),
        tau=tau,
        ps=ps,
    )


def msprt_binary(gained: ArrayLike, lost: ArrayLike) -> MSprt:
    """Anytime-valid McNemar: E = 2^(b+c) B(1+b, 1+c) over running counts of discordant pairs, p = min 1/E.

    Args:
        gained: running count b of pairs where only the second arm succeeded (looks,).
        lost: running count c of pairs where only the first did (looks,). At most one pair per chat.

    Source: beta mixture of the binomial, Robbins 1970, Ann. Math. Stat. 41.

    Raises:
        InvalidInput: unequal arrays or counts that fall.
    """
    b, c = floats(gained, "gained"), floats(lost, "lost")
    if len(b) != len(c) or (np.diff(b) < 0).any() or (np.diff(c) < 0).any() or min(b[0], c[0]) < 0:
        message = "gained and lost must be running counts: equally long, never falling, never negative"
        raise InvalidInput(message)
    log_e = (b + c) * math.log(2) + special.betaln(1 + b, 1 + c)
    ps = np.minimum.accumulate(np.exp(-np.maximum(log_e, 0)))
    n = max(float(b[-1] + c[-1]), 1.0)
    estimate = float(b[-1] - c[-1]) / n
    return MSprt(
        estimate=estimate,
        se=math.sqrt(max(1 - estimate**2, 0) / n),
        statistic=float(log_e[-1]),
        p=float(ps[-1]),
        t=int(b[-1] + c[-1]),
        tau=math.nan,
        ps=ps,
    )


def _running(data: Floats) -> tuple[Floats, Floats, Floats]:
    """T = 1..n with the running mean and standard deviation (1/t), computed around the overall mean."""
    t = np.arange(1, len(data) + 1, dtype=np.float64)
    centre = float(data.mean())
    around = data - centre
    means = np.cumsum(around) / t
    variances = np.maximum(np.cumsum(around**2) / t - means**2, 0)
    # What cancellation leaves of a constant is not spread.
    variances[variances < 1e-24 * max(centre**2, 1e-300)] = 0
    return t, means + centre, np.sqrt(variances)


def _deviates(sums: Floats, spreads: Floats) -> Floats:
    """Sums in standard deviations; 0/0 is 0, anything else without spread is infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spreads > 0, sums / spreads, np.where(np.abs(sums) < 1e-12, 0.0, np.copysign(np.inf, sums)))
