"""Drawing chats with replacement, fast: a draw is how often each chat came up, a statistic is a sum over chats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evosense.experiments.statistics.arrays import Floats, Integers

Matrix = NDArray[np.float64]
# Counts held at one time: 4 million of them are 16 MB as float32.
_BLOCK_COUNTS = 4_000_000
_THREADS = 2


def draw_counts(chats: int, draws: int, *, seed: int) -> Iterator[NDArray[np.float32]]:
    """Blocks (rows, chats) of how often each chat was drawn, `draws` rows in all; each row sums to `chats`.

    The rows depend on `seed` and `chats` only, so statistics computed in separate passes stay paired.
    """
    rng = np.random.default_rng(seed)
    block = max(1, _BLOCK_COUNTS // chats)
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        counts = np.empty((rows, chats), dtype=np.float32)
        for row in range(rows):
            counts[row] = np.bincount(rng.integers(chats, size=chats), minlength=chats)
        yield counts


def resample_sums(features: Matrix | NDArray[np.float32], *, draws: int, seed: int) -> Matrix:
    """Sums of per-chat `features` (chats, k) over each of `draws` resamples of chats: (draws, k).

    Anything that is a function of sums (means, rates, MAE, correlations, kappa, histogram percentiles) can be
    bootstrapped from these, paired: all columns share the same resamples.
    """
    return resample_both(features, None, draws=draws, seed=seed)[0]


def resample_both(
    features: Matrix | NDArray[np.float32], fine: sparse.csr_array | None, *, draws: int, seed: int
) -> tuple[Matrix, Matrix]:
    """`resample_sums` of dense features and, over the same resamples, of sparse ones: (draws, k), (draws, f)."""
    # Centred, so that single precision loses nothing that matters; every row of counts sums to `chats`.
    centre = features.mean(axis=0, dtype=np.float64)
    deviations = np.ascontiguousarray(features - centre, dtype=np.float32)
    sums = np.empty((draws, features.shape[1]))
    turned = None if fine is None else sparse.csr_array(fine.T.astype(np.float32))
    fine_sums = np.empty((draws, 0 if turned is None else len(turned.indptr) - 1))
    done = 0
    for counts in draw_counts(len(features), draws, seed=seed):
        rows = slice(done, done + len(counts))
        sums[rows] = counts @ deviations
        if turned is not None:
            fine_sums[rows] = (turned @ counts.T).T
        done += len(counts)
    sums += len(features) * centre
    return sums, fine_sums


def resample_rows(
    codes: Integers, chats: int, statistic: Callable[[Integers], float], *, draws: int, seed: int
) -> Floats:
    """`statistic(rows)` over `draws` resamples, where `rows` are the observations of the drawn chats: (draws,).

    The general and slow road, for statistics that are no function of sums (Spearman, AUC). It costs one
    evaluation over about n rows a draw; pass a subsample and say so.
    """
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(chats + 1))
    sizes = np.diff(starts)
    rng = np.random.default_rng(seed)
    picks = [rng.integers(chats, size=chats) for _ in range(draws)]

    def one(pick: Integers) -> float:
        lengths = sizes[pick]
        ends = np.cumsum(lengths)
        within = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
        return statistic(order[np.repeat(starts[pick], lengths) + within])

    with ThreadPoolExecutor(_THREADS) as pool:
        return np.fromiter(pool.map(one, picks), dtype=np.float64, count=draws)
