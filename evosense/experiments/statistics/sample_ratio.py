"""Did each arm get the share of messages that it should? A mismatch means the comparison can't be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Floats, as_floats, positive
from evosense.experiments.statistics.distributions import chi2_p


@dataclass(frozen=True)
class SampleRatio:
    """Observed shares, the log Bayes factor against the planned ones, its anytime-valid p and the one-look chi2 p."""

    estimate: Floats
    expected: Floats
    statistic: float
    p: float
    chi2: float
    chi2_p: float
    n: int


def sample_ratio_test(counts: ArrayLike, shares: ArrayLike, *, concentration: float = 100.0) -> SampleRatio:
    """Sequential sample-ratio test: Dirichlet-multinomial against the planned shares.

    BF = [ G(A) / G(n+A) prod_k G(n_k + a_k) / G(a_k) ] / prod_k theta_k^{n_k}, a_k = concentration * theta_k,
    A = sum a_k; p = min over looks of min(1, 1/BF), valid at each look.

    Args:
        counts: units per arm (arms,); or running counts, one row per look (looks, arms).
        shares: planned shares (arms,); scaled to sum to 1.
        concentration: how near to the plan the alternative is thought to be; larger finds smaller deviations later.

    Source: Lindon and Malek 2022, NeurIPS, arXiv 2011.03567 (anytime-valid inference for multinomial counts).

    Raises:
        InvalidInput: negative or falling counts, no units at all, or shares that do not match.
    """
    table = np.atleast_2d(as_floats(counts, "counts"))
    planned = as_floats(shares, "shares")
    _check(table, planned)
    positive(concentration, "concentration")
    planned = planned / planned.sum()
    prior = concentration * planned
    n = table.sum(axis=1)
    log_factor = (
        special.gammaln(prior.sum())
        - special.gammaln(n + prior.sum())
        + (special.gammaln(table + prior) - special.gammaln(prior)).sum(axis=1)
        - table @ np.log(planned)
    )
    last = table[-1]
    expected = planned * n[-1]
    chi2 = float(((last - expected) ** 2 / expected).sum())
    return SampleRatio(
        estimate=last / n[-1],
        expected=planned,
        statistic=float(log_factor[-1]),
        p=float(np.exp(-np.maximum(log_factor, 0)).min()),
        chi2=chi2,
        chi2_p=chi2_p(chi2, len(planned) - 1),
        n=int(n[-1]),
    )


def _check(table: Floats, planned: Floats) -> None:
    if planned.ndim != 1 or len(planned) < 2 or not ((planned > 0) & np.isfinite(planned)).all():
        message = "shares must name two arms or more, each with a share above 0"
        raise InvalidInput(message)
    is_counted = table.ndim == 2 and table.shape[1] == len(planned) and ((table >= 0) & np.isfinite(table)).all()
    if not is_counted or (np.diff(table, axis=0) < 0).any():
        message = "counts must be one finite number per arm (never negative; over looks never falling)"
        raise InvalidInput(message)
    if table[-1].sum() == 0:
        message = "no unit was counted yet"
        raise InvalidInput(message)
