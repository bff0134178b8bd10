"""A mean with a standard error that knows that messages of one chat resemble one another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, Floats, clustered, floats, open_unit
from evosense.experiments.statistics.distributions import ratio, t_p, two_sided_t

Estimand = Literal["message", "chat"]


@dataclass(frozen=True, slots=True)
class DesignEffect:
    """How much clustering costs: `deff` = (SE clustered / SE naive)^2, `effective_chats` = n^2 / sum n_g^2."""

    deff: float
    icc: float
    effective_chats: float
    chats: int
    n: int


@dataclass(frozen=True, slots=True)
class ClusteredMean:
    """A mean, its clustered standard error, t interval and p against 0."""

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    degrees: int
    alpha: float
    estimand: Estimand
    design: DesignEffect


def linearised_se(contributions: Floats, clusters: Clusters) -> float:
    """CR1 standard error of an estimator from its linearised contributions.

    SE = sqrt(C/(C-1) * sum_g (sum_{i in g} u_i)^2) where the u_i (n,) sum to zero and already carry the 1/n.
    """
    count = clusters.count
    return math.sqrt(count / (count - 1) * float(np.square(clusters.sums(contributions)).sum()))


def clustered_mean(
    values: ArrayLike,
    clusters: ArrayLike | Clusters | None = None,
    *,
    alpha: float = 0.05,
    weights: ArrayLike | None = None,
    estimand: Estimand = "message",
) -> ClusteredMean:
    """The mean of paired differences with a chat-clustered standard error and t interval.

    With S_g = sum_{i in g} (d_i - mean): SE = sqrt(C/(C-1) sum_g S_g^2) / n, interval mean +- t_{C-1} SE.
    `weights` (sampling weights 1/pi) turn it into the Hajek mean with the same linearisation. `estimand="chat"`
    is the mean of the chats' means instead, each chat counting once; say which is primary before you look.

    Args:
        values: differences d_i (n,), in the metric's unit.
        clusters: chat of each observation (n,), any labels; None means that all are independent.
        alpha: 1 - confidence.
        weights: one positive weight per observation.
        estimand: the average message or the average chat.

    Source: Miller 2024, arXiv 2411.00640, appendix A (CR0); factor C/(C-1) as in statsmodels
    `OLS(d, 1).fit(cov_type="cluster")` without its (n-1)/(n-k), which is 1 here.

    Raises:
        InvalidInput: fewer than 2 chats, NaN, arrays of unequal length, or an unknown estimand.
    """
    data = floats(values, "values", at_least=2)
    groups = clustered(clusters, len(data))
    open_unit(alpha, "alpha")
    if estimand not in get_args(Estimand):
        message = f"estimand is 'message' or 'chat', not {estimand!r}"
        raise InvalidInput(message)
    weight = np.ones_like(data) if weights is None else _weights(weights, len(data))
    if estimand == "chat":
        mean, se = _chat_weighted(data, weight, groups)
    else:
        total = float(weight.sum())
        mean = float(weight @ data) / total
        se = linearised_se(weight * (data - mean) / total, groups)
    degrees = groups.count - 1
    half = two_sided_t(alpha, degrees) * se
    statistic = ratio(mean, se)
    return ClusteredMean(
        estimate=mean,
        se=se,
        low=mean - half,
        high=mean + half,
        statistic=statistic,
        p=t_p(statistic, degrees),
        degrees=degrees,
        alpha=alpha,
        estimand=estimand,
        design=design_effect(data, groups),
    )


def _weights(weights: ArrayLike, n: int) -> Floats:
    weight = floats(weights, "weights")
    if len(weight) != n or not (weight > 0).all():
        message = f"weights must be {n} numbers above 0: 1 / the probability with which each row was sampled"
        raise InvalidInput(message)
    return weight


def _chat_weighted(data: Floats, weight: Floats, groups: Clusters) -> tuple[float, float]:
    means = groups.sums(weight * data) / groups.sums(weight)
    return float(means.mean()), float(means.std(ddof=1) / math.sqrt(groups.count))


def design_effect(values: ArrayLike, clusters: ArrayLike | Clusters | None = None) -> DesignEffect:
    """What clustering does to the precision of the mean of `values` (n,).

    DEFF = (SE_CR1 / SE_naive)^2. ICC by one-way analysis of variance:
    (MSB - MSW) / (MSB + (n0 - 1) MSW), n0 = (n - sum n_g^2 / n) / (C - 1).
    Effective chats = n^2 / sum n_g^2. Without any spread DEFF is 1 and ICC is 0.

    Source: Kish 1965, Survey Sampling (DEFF); Donner 1986, Int. Stat. Rev. 54 (ICC).

    Raises:
        InvalidInput: fewer than 2 chats or NaN.
    """
    data = floats(values, "values", at_least=2)
    groups = clustered(clusters, len(data))
    n, sizes = len(data), groups.sizes
    centred = data - data.mean()
    naive = float(centred @ centred) / (n - 1) / n
    robust = linearised_se(centred / n, groups) ** 2
    return DesignEffect(
        deff=robust / naive if naive > 0 else 1.0,
        icc=_icc(centred, groups),
        effective_chats=n**2 / float(sizes @ sizes),
        chats=groups.count,
        n=n,
    )


def _icc(centred: Floats, groups: Clusters) -> float:
    n, sizes, count = len(centred), groups.sizes, groups.count
    between_squares = float((groups.sums(centred) ** 2 / sizes).sum())
    within_squares = max(float(centred @ centred) - between_squares, 0.0)
    if n == count or centred @ centred == 0:
        return 0.0
    between, within = between_squares / (count - 1), within_squares / (n - count)
    typical = (n - float(sizes @ sizes) / n) / (count - 1)
    return (between - within) / (between + (typical - 1) * within)
