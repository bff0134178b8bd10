"""Do two scorers put messages into the same categories, beyond what chance would do?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, Floats, Integers, clustered, is_missing, open_unit
from evosense.experiments.statistics.clustered import linearised_se
from evosense.experiments.statistics.distributions import normal_p, ratio, t_p, two_sided_t, two_sided_z

Weighting = Literal["linear", "quadratic"]


@dataclass(frozen=True)
class Agreement:
    """Chance-corrected agreement (1 is perfect, 0 is chance) with a t or normal interval.

    `confusion[i, j]` counts the messages that the first rater put into `categories[i]`, the second into `[j]`.
    """

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    observed: float
    expected: float
    n: int
    categories: tuple[object, ...]
    confusion: NDArray[np.int64]


def cohen_kappa(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike | Clusters | None = None,
    *,
    weights: Weighting | None = None,
    categories: ArrayLike | None = None,
    alpha: float = 0.05,
) -> Agreement:
    """Cohen's kappa, plain or weighted, with an error that may be clustered by chat.

    kappa_w = 1 - sum w_ij o_ij / sum w_ij e_ij; w = [i != j], |i-j| (linear) or (i-j)^2 (quadratic) over the order
    of `categories`. The error comes from the influence of each message, which for independent messages equals
    Fleiss, Cohen and Everitt 1969 (Psychol. Bull. 72) and for chats sums within them first (CR1). `statistic` and
    `p` are of kappa = 0: for independent messages under that paper's error of chance agreement, which is above 0
    where the raters always agree; for chats kappa / se.

    Args:
        first: labels of rater A (n,).
        second: labels of rater B (n,), paired.
        clusters: chat of each message.
        weights: penalty for a disagreement; None treats all alike.
        categories: order of the categories; sorted labels when None.
        alpha: 1 - confidence.

    Source: Cohen 1968, Psychol. Bull. 70.

    Raises:
        InvalidInput: unequal arrays, missing labels, labels outside of `categories`, or unknown weights.
    """
    rows, columns, labels = _coded(first, second, categories)
    penalty = _penalties(len(labels), weights)
    size, n = len(labels), len(rows)
    p, q = np.bincount(rows, minlength=size) / n, np.bincount(columns, minlength=size) / n
    each = penalty[rows, columns]
    observed, expected = float(each.mean()), float(p @ penalty @ q)
    if expected == 0:
        message = "both raters used one category only; kappa is not defined then, report the agreement itself"
        raise InvalidInput(message)
    # Influence of one message: its own disagreement, and its share in the margins that make up the expected one.
    margin = (penalty @ q)[rows] + (p @ penalty)[columns] - 2 * expected
    influence = -(each - observed) / expected + observed / expected**2 * margin
    return _agreement(
        1 - observed / expected,
        influence,
        clusters,
        alpha,
        observed=1 - observed,
        expected=1 - expected,
        labels=labels,
        confusion=_confusion(rows, columns, size),
        chance_se=_chance_se(p, q, penalty, n) if clusters is None else None,
    )


def _chance_se(p: Floats, q: Floats, penalty: Floats, n: int) -> float:
    """The error of kappa where the raters agree by chance only (Fleiss, Cohen and Everitt 1969, equation 9)."""
    expected = float(p @ penalty @ q)
    spread = penalty - (penalty @ q)[:, None] - (p @ penalty)[None, :]
    variance = float(p @ spread**2 @ q) - expected**2
    return math.sqrt(max(variance, 0.0) / n) / expected


def gwet_ac1(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike | Clusters | None = None,
    *,
    categories: ArrayLike | None = None,
    alpha: float = 0.05,
) -> Agreement:
    """Gwet's AC1: read it beside kappa where one category is rare, where kappa falls although raters agree.

    AC1 = (p_o - p_e) / (1 - p_e), p_e = sum_k pi_k (1 - pi_k) / (K - 1), pi_k the mean of both margins.

    Source: Gwet 2008, Br. J. Math. Stat. Psychol. 61.

    Raises:
        InvalidInput: unequal arrays, labels outside of `categories`, or fewer than 2 categories.
    """
    rows, columns, labels = _coded(first, second, categories)
    size, n = len(labels), len(rows)
    if size < 2:
        message = "AC1 needs 2 categories or more; name them all with categories="
        raise InvalidInput(message)
    shares = (np.bincount(rows, minlength=size) + np.bincount(columns, minlength=size)) / (2 * n)
    each = (rows == columns).astype(np.float64)
    observed = float(each.mean())
    expected = float((shares * (1 - shares)).sum()) / (size - 1)
    slope = (1 - 2 * shares) / (size - 1)
    margin = (slope[rows] + slope[columns]) / 2
    influence = (each - observed) / (1 - expected) - (1 - observed) / (1 - expected) ** 2 * (margin - margin.mean())
    return _agreement(
        (observed - expected) / (1 - expected),
        influence,
        clusters,
        alpha,
        observed=observed,
        expected=expected,
        labels=labels,
        confusion=_confusion(rows, columns, size),
    )


def _agreement(
    estimate: float,
    influence: Floats,
    clusters: ArrayLike | Clusters | None,
    alpha: float,
    *,
    observed: float,
    expected: float,
    labels: NDArray[np.generic],
    confusion: NDArray[np.int64],
    chance_se: float | None = None,
) -> Agreement:
    open_unit(alpha, "alpha")
    n = len(influence)
    if clusters is None:
        # Large-sample form with 1/n, as published; 0.05 of a point differs from CR1 at n = 20 only.
        se, degrees = float(np.sqrt((influence @ influence) / n**2)), None
    else:
        groups = clustered(clusters, n)
        se, degrees = linearised_se(influence / n, groups), groups.count - 1
    half = (two_sided_z(alpha) if degrees is None else two_sided_t(alpha, degrees)) * se
    statistic = ratio(estimate, se if chance_se is None else chance_se)
    return Agreement(
        estimate=estimate,
        se=se,
        low=max(-1.0, estimate - half),
        high=min(1.0, estimate + half),
        statistic=statistic,
        p=normal_p(statistic) if degrees is None else t_p(statistic, degrees),
        observed=observed,
        expected=expected,
        n=n,
        categories=tuple(labels.tolist()),
        confusion=confusion,
    )


def _coded(
    first: ArrayLike, second: ArrayLike, categories: ArrayLike | None
) -> tuple[Integers, Integers, NDArray[np.generic]]:
    left, right = np.asarray(first), np.asarray(second)
    if left.ndim != 1 or left.shape != right.shape or not len(left):
        message = f"two paired label arrays are needed, not shapes {left.shape} and {right.shape}"
        raise InvalidInput(message)
    if (is_missing(left) | is_missing(right)).any():
        message = "labels must not be missing (None or NaN): leave those messages out and report their rate"
        raise InvalidInput(message)
    labels = np.unique(np.concatenate([left, right])) if categories is None else np.asarray(categories)
    if len(np.unique(labels)) < len(labels):
        message = "categories= names a category twice"
        raise InvalidInput(message)
    order = np.argsort(labels)
    ordered = labels[order]

    def code(values: NDArray[np.generic]) -> Integers:
        places = np.minimum(np.searchsorted(ordered, values), len(labels) - 1)
        if not (ordered[places] == values).all():
            message = "there are labels that categories= does not name"
            raise InvalidInput(message)
        return order[places].astype(np.int64)

    return code(left), code(right), labels


def _penalties(size: int, weights: Weighting | None) -> Floats:
    if weights not in (None, *get_args(Weighting)):
        message = f"weights are None, 'linear' or 'quadratic', not {weights!r}"
        raise InvalidInput(message)
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.float64)
    if weights is None:
        return (distance > 0).astype(np.float64)
    return distance if weights == "linear" else distance**2


def _confusion(rows: Integers, columns: Integers, size: int) -> NDArray[np.int64]:
    return np.bincount(rows * size + columns, minlength=size * size).reshape(size, size).astype(np.int64)
