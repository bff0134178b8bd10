"""The default p-value: how unusual is this sum of differences if each chat's sign were a coin toss?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, Floats, clustered, floats
from evosense.experiments.statistics.resample import Matrix

# All 2^C assignments are enumerated up to here, which makes the p-value exact.
_MAX_EXACT_CHATS = 16
# Signs held at one time: 8 million of them are 32 MB as float32.
_BLOCK_SIGNS = 8_000_000
# Totals that differ by rounding only count as equal; sampled totals are single precision.
_EXACT_TOLERANCE = 1e-9
_SAMPLED_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class SignFlip:
    """Mean difference, the chat-level z = sum S_g / sqrt(sum S_g^2), and the permutation p."""

    estimate: float
    statistic: float
    p: float
    flips: int
    chats: int
    is_exact: bool


def sign_flip_test(
    values: ArrayLike, clusters: ArrayLike | Clusters | None = None, *, flips: int = 10_000, seed: int = 0
) -> SignFlip:
    """Two-sided sign-flip permutation test of mean 0 on the chats' sums of differences.

    With S_g = sum_{i in g} d_i and random signs e_g: p = (1 + #{|sum e_g S_g| >= |sum S_g|}) / (flips + 1);
    with up to 16 chats all 2^C sign patterns are counted and p is exact. It tests that the chats' sums are
    symmetric around 0, and held its level in simulation down to 10 chats, where every normal or bootstrap
    interval did not.

    Args:
        values: differences d_i (n,).
        clusters: chat of each observation (n,); None means that all are independent.
        flips: random sign patterns.
        seed: of the random signs; the same seed gives the same p.

    Source: Fisher 1935; for clusters Canay, Romano and Shaikh 2017, Econometrica 85.

    Raises:
        InvalidInput: fewer than 2 chats, NaN, or no flips.
    """
    data = floats(values, "values", at_least=2)
    groups = clustered(clusters, len(data))
    if flips < 1:
        message = f"flips must be 1 or more, not {flips}"
        raise InvalidInput(message)
    (p,) = sign_flip_tests(groups.sums(data)[:, None], flips=flips, seed=seed)
    sums = groups.sums(data)
    scale = math.sqrt(float(sums @ sums))
    exact = groups.count <= _MAX_EXACT_CHATS
    return SignFlip(
        estimate=float(data.mean()),
        statistic=float(sums.sum()) / scale if scale else 0.0,
        p=p,
        flips=2**groups.count if exact else flips,
        chats=groups.count,
        is_exact=exact,
    )


def sign_flip_tests(sums: ArrayLike, *, flips: int = 10_000, seed: int = 0) -> tuple[float, ...]:
    """The p-values of `sign_flip_test` for several measures of the same chats at once, from sums (chats, k).

    All columns share their signs, which costs little more than one column alone.

    Raises:
        InvalidInput: sums of another shape, or no flips.
    """
    table = np.asarray(sums, dtype=np.float64)
    if table.ndim != 2 or len(table) < 2 or flips < 1:
        message = f"sums must be (chats, measures) with 2 chats or more and 1 flip or more, not {table.shape}"
        raise InvalidInput(message)
    scale = np.sqrt((table**2).sum(axis=0))
    # A column of zeros stays zeros: every pattern reaches it, p is 1.
    unit = table / np.where(scale > 0, scale, 1.0)
    observed = np.abs(unit.sum(axis=0))
    if len(table) <= _MAX_EXACT_CHATS:
        return tuple((_enumerated(unit, observed) / 2 ** len(table)).tolist())
    return tuple(((1 + _sampled(unit, observed, flips, seed)) / (flips + 1)).tolist())


def _enumerated(unit: Matrix, observed: Floats) -> Floats:
    totals = np.zeros((1, unit.shape[1]))
    for row in unit:
        totals = np.concatenate([totals + row, totals - row])
    return (np.abs(totals) >= observed - _EXACT_TOLERANCE).sum(axis=0).astype(np.float64)


def _sampled(unit: Matrix, observed: Floats, flips: int, seed: int) -> Floats:
    """How many of `flips` random sign patterns reach `observed`, by column; signs are single random bits."""
    rng = np.random.default_rng(seed)
    count = len(unit)
    reached = np.zeros(unit.shape[1])
    single = unit.astype(np.float32)
    row_bytes = -(-count // 8)
    block = max(1, _BLOCK_SIGNS // count)
    for start in range(0, flips, block):
        rows = min(block, flips - start)
        bits = np.frombuffer(rng.bytes(rows * row_bytes), dtype=np.uint8).reshape(rows, row_bytes)
        heads = np.unpackbits(bits, axis=1, count=count).astype(np.float32)
        totals = 2 * (heads @ single) - single.sum(axis=0)
        reached += (np.abs(totals) >= observed - _SAMPLED_TOLERANCE).sum(axis=0)
    return reached
