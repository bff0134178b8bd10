"""Did a yes/no outcome flip more often one way than the other?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, clustered, open_unit, pairs
from evosense.experiments.statistics.clustered import clustered_mean
from evosense.experiments.statistics.distributions import chi2_p, two_sided_z

# Above this many discordant pairs the exact binomial and chi-squared agree to any digit one would print.
_EXACT_UP_TO = 1_000


@dataclass(frozen=True, slots=True)
class McNemar:
    """Discordant pairs and the test of their balance; `estimate` = (gained - lost) / n, second minus first.

    `se`, `low` and `high` are those of the difference of the two rates (Wald; by chat where chats are given): read
    `newcombe_paired` beside them where rates are near 0 or 1.
    """

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    gained: int
    lost: int
    n: int
    method: Literal["exact", "chi-squared", "clustered"]


def mcnemar(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike | Clusters | None = None,
    *,
    exact: bool | None = None,
    correction: bool = False,
    alpha: float = 0.05,
) -> McNemar:
    """McNemar's test on paired 0/1 outcomes; with `clusters` the form that allows for flips of one chat to agree.

    With b = only the second arm, c = only the first: exact p = 2 P(Binom(b+c, 1/2) <= min(b, c)), or
    chi2 = (b-c)^2 / (b+c), with `correction` (|b-c|-1)^2 / (b+c); SE of the difference = sqrt(b+c - (b-c)^2/n) / n.
    Clustered: chi2 = (sum_g (b_g-c_g))^2 / sum_g (b_g-c_g)^2, one degree of freedom.

    Args:
        first: 0/1 outcomes of arm A (n,).
        second: 0/1 outcomes of arm B (n,), paired.
        clusters: chat of each pair.
        exact: force (True) or refuse (False) the exact form; None takes it up to 1,000 discordant pairs. `statistic`
            is min(b, c) then.
        correction: continuity correction of chi2 (Edwards 1948).
        alpha: 1 - confidence of the interval.

    Source: McNemar 1947, Psychometrika 12; clustered: the form of Obuchowski 1998, Stat. Med. 17, without
    its weights (Durkalski et al. 2003, Stat. Med. 22, divides by the chat's size).

    Raises:
        InvalidInput: outcomes other than 0 and 1, unequal arrays, or exact together with clusters.
    """
    left, right = pairs(first, second)
    if not np.isin(np.concatenate([left, right]), (0, 1)).all():
        message = "outcomes must be 0 and 1 (or booleans) only"
        raise InvalidInput(message)
    differences = right - left
    gained, lost = int((differences > 0).sum()), int((differences < 0).sum())
    if clusters is None:
        return mcnemar_from_counts(gained, lost, n=len(left), exact=exact, correction=correction, alpha=alpha)
    if exact:
        message = "there is no exact clustered form; use sign_flip_test(second - first, clusters)"
        raise InvalidInput(message)
    groups = clustered(clusters, len(left))
    balance = groups.sums(differences)
    squares = float(balance @ balance)
    statistic = float(balance.sum()) ** 2 / squares if squares else 0.0
    mean = clustered_mean(differences, groups, alpha=alpha)
    p = chi2_p(statistic, 1)
    return McNemar(mean.estimate, mean.se, mean.low, mean.high, statistic, p, gained, lost, len(left), "clustered")


def mcnemar_from_counts(
    gained: int,
    lost: int,
    *,
    n: int | None = None,
    exact: bool | None = None,
    correction: bool = False,
    alpha: float = 0.05,
) -> McNemar:
    """`mcnemar` from the two discordant counts; `n` pairs in all (the discordant ones when None).

    Raises:
        InvalidInput: negative counts, or more discordant pairs than pairs.
    """
    discordant = gained + lost
    total = max(discordant, 1) if n is None else n
    if min(gained, lost) < 0 or total < max(discordant, 1):
        message = f"{gained} and {lost} discordant pairs of {total} can't be: none is negative, and n counts all pairs"
        raise InvalidInput(message)
    open_unit(alpha, "alpha")
    use_exact = discordant <= _EXACT_UP_TO if exact is None else exact
    shift = max(abs(gained - lost) - 1, 0) if correction else gained - lost
    chi2 = shift**2 / discordant if discordant else 0.0
    estimate = (gained - lost) / total
    se = math.sqrt(max(discordant - (gained - lost) ** 2 / total, 0.0)) / total
    half = two_sided_z(alpha) * se
    interval = (estimate, se, max(-1.0, estimate - half), min(1.0, estimate + half))
    if use_exact:
        p = min(1.0, 2 * float(special.bdtr(min(gained, lost), discordant, 0.5))) if discordant else 1.0
        return McNemar(*interval, float(min(gained, lost)), p, gained, lost, total, "exact")
    return McNemar(*interval, chi2, chi2_p(chi2, 1), gained, lost, total, "chi-squared")
