"""Rates: an interval for one, an interval for the difference of two on the same messages."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, as_floats, clustered, floats, open_unit, pairs
from evosense.experiments.statistics.clustered import design_effect
from evosense.experiments.statistics.distributions import two_sided_z


@dataclass(frozen=True, slots=True)
class Proportion:
    """A rate with its Wilson interval; `n` is the number of observations, `effective_n` = n / deff."""

    estimate: float
    se: float
    low: float
    high: float
    successes: float
    n: float
    effective_n: float


@dataclass(frozen=True, slots=True)
class PairedProportions:
    """`estimate` = rate of the second minus rate of the first, with Newcombe's interval."""

    estimate: float
    se: float
    low: float
    high: float
    first: float
    second: float
    n: float
    effective_n: float


def wilson(
    successes: ArrayLike,
    n: float | None = None,
    *,
    clusters: ArrayLike | Clusters | None = None,
    alpha: float = 0.05,
) -> Proportion:
    """Wilson's score interval for one rate.

    (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). With `clusters`, n is divided by the design
    effect of the 0/1 values (the effective sample size of Korn and Graubard 1998, Surv. Methodol. 24).

    Args:
        successes: 0/1 or boolean outcomes (n,); or one count together with `n`.
        n: number of trials, when `successes` is a count.
        clusters: chat of each outcome (n,).
        alpha: 1 - confidence.

    Source: Wilson 1927, J. Am. Stat. Assoc. 22.

    Raises:
        InvalidInput: outcomes other than 0 and 1, or a count outside 0..n.
    """
    open_unit(alpha, "alpha")
    if n is not None:
        count = as_floats(successes, "successes")
        if count.size != 1:
            message = f"with n, successes is one count, not {count.size} values; leave n out to give outcomes"
            raise InvalidInput(message)
        return _wilson(count.item(), as_floats(n, "n").item(), 1.0, alpha)
    outcomes = _binary(successes, "outcomes")
    deff = 1.0 if clusters is None else max(design_effect(outcomes, clusters).deff, 1.0)
    return _wilson(float(outcomes.sum()), float(len(outcomes)), deff, alpha)


def _wilson(successes: float, n: float, deff: float, alpha: float) -> Proportion:
    if not 0 <= successes <= n or n <= 0:
        message = f"{successes:g} successes out of {n:g} is no rate"
        raise InvalidInput(message)
    z, effective, rate = two_sided_z(alpha), n / deff, successes / n
    centre = (rate + z**2 / (2 * effective)) / (1 + z**2 / effective)
    half = z * math.sqrt(rate * (1 - rate) / effective + z**2 / (4 * effective**2)) / (1 + z**2 / effective)
    return Proportion(
        estimate=rate,
        se=math.sqrt(rate * (1 - rate) / effective),
        # At the borders the formula gives 0 and 1 up to rounding.
        low=0.0 if successes == 0 else max(0.0, centre - half),
        high=1.0 if successes == n else min(1.0, centre + half),
        successes=successes,
        n=n,
        effective_n=effective,
    )


def newcombe_paired(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike | Clusters | None = None,
    *,
    alpha: float = 0.05,
) -> PairedProportions:
    """Newcombe's method 10 for the difference of two rates on the same messages, second minus first.

    Args:
        first: 0/1 outcomes of arm A (n,).
        second: 0/1 outcomes of arm B (n,), paired.
        clusters: chat of each pair; the table is then divided by the design effect of the differences.
        alpha: 1 - confidence.

    Source: Newcombe 1998, Stat. Med. 17:2635-2650, method 10 (Wilson limits, phi with continuity correction).

    Raises:
        InvalidInput: outcomes other than 0 and 1, or arrays of unequal length.
    """
    left, right = pairs(_binary(first, "the first array"), _binary(second, "the second array"))
    deff = 1.0
    if clusters is not None:
        deff = max(design_effect(right - left, clustered(clusters, len(left))).deff, 1.0)
    both = float(left @ right)
    return newcombe_from_table(
        both, float(left.sum()) - both, float(right.sum()) - both, len(left), deff=deff, alpha=alpha
    )


def newcombe_from_table(
    both: float, only_first: float, only_second: float, n: float, *, deff: float = 1.0, alpha: float = 0.05
) -> PairedProportions:
    """`newcombe_paired` from counts: pairs where both, only the first, only the second arm succeeded, of `n`."""
    open_unit(alpha, "alpha")
    both, only_first, only_second, total = both / deff, only_first / deff, only_second / deff, n / deff
    neither = total - both - only_first - only_second
    if min(both, only_first, only_second) < 0 or neither < -1e-9:
        message = "the four counts of paired outcomes must not be negative"
        raise InvalidInput(message)
    a, b = _wilson(both + only_first, total, 1.0, alpha), _wilson(both + only_second, total, 1.0, alpha)
    phi = _phi(both, only_first, only_second, max(neither, 0.0))
    down = _square_and_add(b.estimate - b.low, a.high - a.estimate, phi)
    up = _square_and_add(b.high - b.estimate, a.estimate - a.low, phi)
    difference = (only_second - only_first) / total
    spread = (only_first + only_second) / total - difference**2
    return PairedProportions(
        estimate=difference,
        se=math.sqrt(max(spread, 0.0) / total),
        low=difference - down,
        high=difference + up,
        first=a.estimate,
        second=b.estimate,
        n=n,
        effective_n=total,
    )


def _square_and_add(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(one**2 - 2 * phi * one * other + other**2, 0.0))


def _phi(both: float, only_first: float, only_second: float, neither: float) -> float:
    """Correlation of the outcomes, its numerator shrunk by n/2 when positive (the method's continuity correction)."""
    first, second = both + only_first, both + only_second
    total = both + only_first + only_second + neither
    scale = math.sqrt(first * (total - first) * second * (total - second))
    if scale == 0:
        return 0.0
    numerator = both * neither - only_first * only_second
    return (max(numerator - total / 2, 0.0) if numerator > 0 else numerator) / scale


def _binary(values: ArrayLike, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    outcomes = floats(values, name)
    if not ((outcomes == 0) | (outcomes == 1)).all():
        message = f"{name} must hold 0 and 1 (or booleans) only"
        raise InvalidInput(message)
    return outcomes
