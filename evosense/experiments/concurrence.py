"""Do the arms say the same? Coefficients of agreement, confusion tables, and the champion's own noise."""

from __future__ import annotations

import numpy as np
import polars as pl

from evosense.experiments.card import Coefficient, Confusion, NoiseFloor
from evosense.experiments.measures import USABLE
from evosense.experiments.statistics import (
    Clusters,
    cluster_bootstrap,
    clustered_mean,
    cohen_kappa,
    concordance,
    gwet_ac1,
    sign_flip_test,
)
from evosense.experiments.statistics.arrays import Floats, Integers

# Rank statistics are resampled row by row; on more messages than this a subsample of chats stands for all.
RANK_ROWS = 20_000
_RANK_DRAWS = 200


def chat_codes(rows: pl.DataFrame) -> Clusters:
    """The chats of a frame's rows as dense codes."""
    codes = (rows["chat"].rank("dense") - 1).cast(pl.Int64).to_numpy()
    return Clusters(codes, int(codes.max()) + 1)


def both_scored(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that both arms scored."""
    return frame.filter(pl.col("status_a").is_in(USABLE) & pl.col("status_b").is_in(USABLE))


def agreement_of(rows: pl.DataFrame, alpha: float, seed: int) -> tuple[Coefficient, ...]:
    """Agreement of two arms on `rows` (scored by both): emotion, tone, sentiment."""
    chats = chat_codes(rows)
    if chats.count < 2:
        return ()
    a, b = rows["sentiment_a"].to_numpy(), rows["sentiment_b"].to_numpy()
    found = [_spread(a, b, chats, alpha), _spearman(a, b, chats, alpha, seed), _weighted(a, b, chats, alpha)]
    for column in ("emotion", "tone"):
        first, second, labels = _categories(rows, column)
        if len(labels) < 2:
            continue
        for name, function in (("kappa", cohen_kappa), ("ac1", gwet_ac1)):
            result = function(first, second, chats, categories=np.arange(len(labels)), alpha=alpha)
            found.append(Coefficient(f"{column}_{name}", result.estimate, result.low, result.high, result.n))
    return tuple(coefficient for coefficient in found if coefficient is not None)


def _categories(rows: pl.DataFrame, column: str) -> tuple[Integers, Integers, tuple[str, ...]]:
    """Both arms' categories as codes (n,), and the categories in alphabetical order."""
    # A scorer may leave a category out: that is a category of its own, which two scorers can agree on.
    sides = {side: rows[f"{column}_{side}"].cast(pl.String).fill_null("?") for side in ("a", "b")}
    labels = tuple(pl.concat([one.unique() for one in sides.values()]).unique().sort().to_list())
    kind = pl.Enum(labels)

    def codes(side: str) -> Integers:
        return sides[side].cast(kind).to_physical().cast(pl.Int64).to_numpy()

    return codes("a"), codes("b"), labels


def _spread(a: Floats, b: Floats, chats: Clusters, alpha: float) -> Coefficient | None:
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        return None
    result = concordance(a, b, chats, alpha=alpha)
    return Coefficient("sentiment_concordance", result.estimate, result.low, result.high, result.n)


def _weighted(a: Floats, b: Floats, chats: Clusters, alpha: float) -> Coefficient | None:
    """Quadratic kappa over sentiment in five steps, the form in which people read it."""
    edges = np.array([-0.6, -0.2, 0.2, 0.6])
    first, second = np.searchsorted(edges, a), np.searchsorted(edges, b)
    if first[0] == second[0] and np.ptp(first) == np.ptp(second) == 0:
        return None
    result = cohen_kappa(first, second, chats, weights="quadratic", categories=np.arange(5), alpha=alpha)
    return Coefficient("sentiment_kappa_quadratic", result.estimate, result.low, result.high, result.n)


def _spearman(a: Floats, b: Floats, chats: Clusters, alpha: float, seed: int) -> Coefficient | None:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    rows = rank_subsample(chats, seed)
    kept = np.unique(chats.codes[rows], return_inverse=True)[1].reshape(-1)
    groups = Clusters(kept.astype(np.int64), int(kept.max()) + 1)
    result = cluster_bootstrap(
        a[rows], b[rows], clusters=groups, statistic="spearman", draws=_RANK_DRAWS, alpha=alpha, seed=seed
    )
    return Coefficient("sentiment_spearman", result.estimate, result.low, result.high, len(rows))


def rank_subsample(chats: Clusters, seed: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Row numbers of whole chats, drawn until about RANK_ROWS messages are in; all rows when there are fewer."""
    if len(chats) <= RANK_ROWS:
        return np.arange(len(chats))
    order = np.random.default_rng(seed).permutation(chats.count)
    enough = int(np.searchsorted(np.cumsum(chats.sizes[order]), RANK_ROWS)) + 1
    return np.flatnonzero(np.isin(chats.codes, order[: max(enough, 2)]))


def confusions_of(rows: pl.DataFrame) -> tuple[Confusion, ...]:
    """Emotion and tone, the baseline's in rows."""
    found: list[Confusion] = []
    for column in ("emotion", "tone"):
        first, second, labels = _categories(rows, column)
        size = len(labels)
        flat = np.bincount(first * size + second, minlength=size * size).reshape(size, size)
        found.append(Confusion(column, labels, tuple(tuple(int(cell) for cell in row) for row in flat)))
    return tuple(found)


def noise_floor_of(frame: pl.DataFrame, alpha: float, flips: int, seed: int) -> NoiseFloor | None:
    """The candidate's disagreement with the champion beyond the champion's with itself, on emotion.

    Taken on messages that the champion scored twice (columns `_r`) and the candidate scored too; None without any.
    """
    if "status_r" not in frame.columns:
        return None
    rows = both_scored(frame).filter(pl.col("status_r").is_in(USABLE))
    if rows["chat"].n_unique() < 2:
        return None
    chats = chat_codes(rows)
    itself = rows["emotion_a"].ne_missing(rows["emotion_r"]).cast(pl.Float64).to_numpy()
    across = rows["emotion_a"].ne_missing(rows["emotion_b"]).cast(pl.Float64).to_numpy()
    excess = clustered_mean(across - itself, chats, alpha=alpha)
    return NoiseFloor(
        n=len(rows),
        chats=chats.count,
        self_disagreement=float(itself.mean()),
        cross_disagreement=float(across.mean()),
        excess=excess.estimate,
        low=excess.low,
        high=excess.high,
        p=sign_flip_test(across - itself, chats, flips=flips, seed=seed).p,
        self_difference=float(np.abs(rows["sentiment_a"].to_numpy() - rows["sentiment_r"].to_numpy()).mean()),
    )
