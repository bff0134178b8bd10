"""Where does it differ? The primary measure on every slice, with false discoveries kept in check."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from evosense.experiments.card import Slice
from evosense.experiments.concurrence import chat_codes
from evosense.experiments.measures import Measure, rows_for
from evosense.experiments.statistics import benjamini_hochberg, clustered_mean, sign_flip_test

# A slice of fewer chats says nothing that one could act on.
MIN_CHATS = 20
# Above this many chats the t p-value holds its level (facts: 0.044 at 300), below it the sign flips decide.
_NORMAL_CHATS = 200
_FLIPS = 2_000
DIMENSIONS = ("tenant", "emotion", "hour", "length", "connection", "prompt_language")


@dataclass(frozen=True, slots=True)
class _Found:
    result: Slice
    variance: float


def slices_of(
    frame: pl.DataFrame,
    measure: Measure,
    *,
    dimensions: tuple[str, ...] = DIMENSIONS,
    alpha: float = 0.05,
    seed: int = 0,
    min_chats: int = MIN_CHATS,
) -> tuple[Slice, ...]:
    """One row per value of each dimension that has `min_chats` chats, smallest adjusted p first.

    `adjusted_p` is Benjamini-Hochberg over all slices; `shrunken` is the difference pulled towards the overall one
    in the measure in which the slice is noisy (empirical Bayes, method of moments).
    """
    rows = frame.filter(rows_for(frame, measure)).with_columns(
        delta=(measure.of("b") - measure.of("a")), **_dimension_columns(frame)
    )
    found = [
        _slice(part, dimension, str(key[0]), alpha, seed)
        for dimension in dimensions
        if dimension in rows.columns
        for key, part in sorted(rows.group_by(dimension), key=lambda item: str(item[0]))
        if part["chat"].n_unique() >= min_chats
    ]
    if not found:
        return ()
    adjusted = benjamini_hochberg([item.result.p for item in found], alpha=alpha)
    overall = float(rows["delta"].to_numpy().mean())
    shrunken = _shrink(found, overall)
    results = [
        replace(item.result, adjusted_p=float(p), is_claimed=bool(claimed), shrunken=value)
        for item, p, claimed, value in zip(found, adjusted.p, adjusted.rejected, shrunken, strict=True)
    ]
    return tuple(sorted(results, key=lambda item: (item.adjusted_p, -abs(item.delta), item.dimension, item.value)))


def _dimension_columns(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """Dimensions that are made of other columns."""
    columns: dict[str, pl.Expr] = {}
    if "emotion_a" in frame.columns:
        columns["emotion"] = pl.col("emotion_a").fill_null("?")
    if "text_length" in frame.columns:
        length = pl.col("text_length")
        columns["length"] = (
            pl.when(length <= 20)
            .then(pl.lit("1-20"))
            .when(length <= 60)
            .then(pl.lit("21-60"))
            .when(length <= 160)
            .then(pl.lit("61-160"))
            .otherwise(pl.lit("over 160"))
        )
    return columns


def _slice(part: pl.DataFrame, dimension: str, value: str, alpha: float, seed: int) -> _Found:
    differences, chats = part["delta"].to_numpy(), chat_codes(part)
    mean = clustered_mean(differences, chats, alpha=alpha)
    few = chats.count < _NORMAL_CHATS
    p = sign_flip_test(differences, chats, flips=_FLIPS, seed=seed).p if few else mean.p
    result = Slice(
        dimension=dimension,
        value=value,
        n=len(part),
        chats=chats.count,
        delta=mean.estimate,
        low=mean.low,
        high=mean.high,
        shrunken=mean.estimate,
        p=p,
        adjusted_p=p,
        is_claimed=False,
        deff=mean.design.deff,
        icc=mean.design.icc,
        effective_chats=mean.design.effective_chats,
    )
    return _Found(result, mean.se**2)


def _shrink(found: list[_Found], overall: float) -> list[float]:
    """Each difference weighted against the overall one by how much slices truly differ (DerSimonian and Laird 1986)."""
    deltas = np.array([item.result.delta for item in found])
    variances = np.maximum(np.array([item.variance for item in found]), 1e-18)
    weights = 1 / variances
    q = float((weights * (deltas - overall) ** 2).sum())
    scale = float(weights.sum() - (weights**2).sum() / weights.sum())
    between = max(0.0, (q - (len(found) - 1)) / scale) if scale > 0 else 0.0
    trust = between / (between + variances)
    return (overall + trust * (deltas - overall)).tolist()
