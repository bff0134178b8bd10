"""95 % intervals for cells: shares, means of scores, means of waits, percentiles.

Wilson for shares, Student's t for means of scores, the bootstrap for means of waits (they are skewed), order statistics
for percentiles.

They treat the messages or conversations of a cell as independent. Messages of one chat are not quite, so an interval
is a little too narrow where few chats say much; comparisons of prompts, where that matters, are made by chat in
`evosense.experiments`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from scipy.special import stdtrit  # the quantile of Student's t, without the second that scipy.stats takes

Z = 1.959963984540054
_RESAMPLES, _BOOTSTRAP_BELOW = 999, 1000
_Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the bounds of its interval, and what it rests on. The bounds are None where n allows none."""

    value: float
    low: float | None
    high: float | None
    n: int

    def times(self, factor: float) -> Interval:
        """The same in another unit."""
        low, high = (None if bound is None else bound * factor for bound in (self.low, self.high))
        return Interval(self.value * factor, low, high, self.n)


def wilson(successes: int, n: int) -> Interval | None:
    """A share (0 to 1) with Wilson's score interval; None where n is 0.

    Source: Wilson 1927, JASA 22; (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).
    """
    if n == 0:
        return None
    p = successes / n
    middle = p + Z * Z / (2 * n)
    half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return Interval(p, max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale), n)


def mean(total: _Number, square_total: _Number, n: int) -> Interval | None:
    """A mean with Student's t interval, out of the sum and the sum of squares; no bounds below n = 2."""
    if n == 0:
        return None
    centre = float(total) / n
    if n == 1:
        return Interval(centre, None, None, n)
    variance = max(0.0, (float(square_total) - n * centre * centre) / (n - 1))
    half = float(stdtrit(n - 1, 0.975)) * math.sqrt(variance / n)
    return Interval(centre, centre - half, centre + half, n)


def bootstrap_mean(values: Sequence[int]) -> Interval | None:
    """A mean with the percentile bootstrap's interval; no bounds below n = 2, Student's t from 1,000 values on.

    999 resamples, always the same ones for the same values. Source: Efron and Tibshirani 1993, An Introduction to the
    Bootstrap, chapter 13. From a thousand values on both intervals are the same, and t is free.
    """
    n = len(values)
    if not 1 < n < _BOOTSTRAP_BELOW:
        return mean(sum(values), sum(value * value for value in values), n)
    known = np.sort(np.asarray(values, dtype=np.float64))
    drawn = np.random.default_rng(n).integers(0, n, size=(_RESAMPLES, n))
    low, high = np.quantile(known[drawn].mean(axis=1), (0.025, 0.975))
    return Interval(float(known.mean()), float(low), float(high), n)


def net(positive: int, negative: int, n: int) -> Interval | None:
    """Share of positives minus share of negatives (−1 to 1), with the t interval of a mean of +1, 0 and −1."""
    return mean(positive - negative, positive + negative, n)


def percentile(values: Sequence[int], fraction: float, value: int | None) -> Interval | None:
    """A percentile with the distribution-free interval of its order statistics; `value` is what to show as it.

    Source: Conover 1999, Practical Nonparametric Statistics, section 3.2: ranks n·q ± z √(n·q(1−q)). No bounds where
    the ranks lie outside the sample.
    """
    if value is None:
        return None
    ordered, n = sorted(values), len(values)
    half = Z * math.sqrt(n * fraction * (1 - fraction))
    low, high = math.floor(n * fraction - half), math.ceil(n * fraction + half)
    if low < 1 or high > n:
        return Interval(value, None, None, n)
    return Interval(value, min(ordered[low - 1], value), max(ordered[high - 1], value), n)
