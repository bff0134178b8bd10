"""Which prompt is closer to people? Both arms against human labels, with the labels' sampling undone."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy import optimize

from evosense.errors import InvalidInput
from evosense.experiments.card import Calibration, Validity
from evosense.experiments.concurrence import both_scored, chat_codes
from evosense.experiments.measures import USABLE
from evosense.experiments.statistics import (
    Clusters,
    cluster_bootstrap,
    clustered_mean,
    krippendorff_alpha,
    prediction_powered_mean,
    sign_flip_test,
)
from evosense.experiments.statistics.arrays import Floats
from evosense.experiments.statistics.row_statistics import average_ranks

MIN_LABELS = 20
_FOLDS = 5
# Outcomes are one row a chat; more chats than this are thinned to it for the rank statistic.
_AUC_CHATS = 20_000
_AUC_DRAWS = 500


def calibration_of(frame: pl.DataFrame, alpha: float, flips: int, seed: int) -> Calibration | None:
    """Both arms against the mean human label of each labelled message; None below 20 labels or 2 chats.

    The labels' inclusion probabilities (`label_pi`) weigh every figure; the `truth` is the mean sentiment that people
    would give to all messages of the frame, by prediction-powered inference with the candidate's scores.
    """
    if "label_sentiment" not in frame.columns:
        return None
    scored = both_scored(frame)
    rows = scored.filter(pl.col("label_sentiment").is_not_null())
    if len(rows) < MIN_LABELS or rows["chat"].n_unique() < 2:
        return None
    label, weight = rows["label_sentiment"].to_numpy(), 1 / rows["label_pi"].to_numpy()
    a, b = rows["sentiment_a"].to_numpy(), rows["sentiment_b"].to_numpy()
    chats = chat_codes(rows)
    gap = np.abs(b - label) - np.abs(a - label)
    delta = clustered_mean(gap, chats, weights=weight, alpha=alpha)
    # The sums that are flipped carry the weights; their scale cancels.
    p = sign_flip_test(gap * weight, chats, flips=flips, seed=seed).p
    truth = prediction_powered_mean(
        label,
        b,
        scored["sentiment_b"].to_numpy(),
        weights=weight,
        clusters=rows["chat"].to_numpy(),
        unlabelled_clusters=scored["chat"].to_numpy(),
        tuning=None,
        alpha=alpha,
    )
    return Calibration(
        labels=len(rows),
        raters=int(rows["label_raters"].max() or 1),  # pyright: ignore[reportArgumentType]
        mae_a=float(np.average(np.abs(a - label), weights=weight)),
        mae_b=float(np.average(np.abs(b - label), weights=weight)),
        mae_delta=delta.estimate,
        mae_low=delta.low,
        mae_high=delta.high,
        mae_p=p,
        bias_a=float(np.average(a - label, weights=weight)),
        bias_b=float(np.average(b - label, weights=weight)),
        truth=truth.estimate,
        truth_low=truth.low,
        truth_high=truth.high,
        alpha_raters=_rater_alpha(rows),
        calibrated_mae_a=_calibrated_error(a, label, weight, chats, seed),
        calibrated_mae_b=_calibrated_error(b, label, weight, chats, seed),
    )


def _calibrated_error(scores: Floats, labels: Floats, weight: Floats, chats: Clusters, seed: int) -> float | None:
    if chats.count < _FOLDS:
        return None
    calibrated, _ = calibration_curve(scores, labels, chats, folds=_FOLDS, seed=seed)
    return float(np.average(np.abs(calibrated - labels), weights=weight))


def _rater_alpha(rows: pl.DataFrame) -> float | None:
    """Krippendorff's alpha (interval) over the messages with two labels or more; None when they say nothing."""
    if "label_values" not in rows.columns:
        return None
    lists: list[list[float]] = [values for values in rows["label_values"].to_list() if values and len(values) > 1]
    if len(lists) < 2:
        return None
    table = np.full((max(map(len, lists)), len(lists)), np.nan)
    for column, values in enumerate(lists):
        table[: len(values), column] = values
    try:
        return krippendorff_alpha(table, level="interval", draws=100).estimate
    except InvalidInput:
        return None  # everybody gave one and the same value


def calibration_curve(
    scores: Floats, labels: Floats, clusters: Clusters, *, folds: int = _FOLDS, seed: int = 0
) -> tuple[Floats, Floats]:
    """Scores mapped to the human scale by isotonic regression, each chat by a map that never saw it (cross-fitted).

    Args:
        scores: the prompt's scores (n,).
        labels: human values (n,).
        clusters: chats; folds never split one.
        folds: parts the chats are divided into.
        seed: of the division.

    Returns:
        Calibrated scores (n,) and the fold of each row (n,).

    Source: Zadrozny and Elkan 2002, KDD (isotonic calibration).

    Raises:
        InvalidInput: fewer chats than folds.
    """
    if clusters.count < folds:
        message = f"{clusters.count} chats can't be divided into {folds} folds; label more chats"
        raise InvalidInput(message)
    fold = np.random.default_rng(seed).permutation(clusters.count)[clusters.codes] % folds
    calibrated = np.empty_like(scores)
    for part in range(folds):
        seen, held = fold != part, fold == part
        order = np.argsort(scores[seen], kind="stable")
        steps = optimize.isotonic_regression(labels[seen][order]).x
        calibrated[held] = np.interp(scores[held], scores[seen][order], steps)
    return calibrated, fold.astype(np.float64)


def validity_of(frame: pl.DataFrame, outcomes: pl.DataFrame, alpha: float, seed: int) -> tuple[Validity, ...]:
    """How well the arms' chat means tell which chats had an outcome.

    Args:
        frame: paired rows.
        outcomes: columns `chat`, `kind`, `value`; an outcome is an event when its value is above 0.
        alpha: 1 - confidence.
        seed: of the resamples.
    """
    rows = frame.filter(pl.col("status_a").is_in(USABLE) & pl.col("status_b").is_in(USABLE))
    means = rows.group_by("chat").agg(pl.col("sentiment_a").mean(), pl.col("sentiment_b").mean())
    found: list[Validity] = []
    for (kind,), part in sorted(outcomes.group_by("kind"), key=lambda item: str(item[0])):
        joined = means.join(part.group_by("chat").agg(pl.col("value").max()), on="chat").sort("chat")
        joined = joined.sample(_AUC_CHATS, seed=seed) if len(joined) > _AUC_CHATS else joined
        event = (joined["value"] > 0).cast(pl.Float64).to_numpy()
        if min(event.sum(), len(event) - event.sum()) < 10:
            continue
        found.append(_validity(str(kind), joined, event, alpha, seed))
    return tuple(found)


def _validity(kind: str, joined: pl.DataFrame, event: Floats, alpha: float, seed: int) -> Validity:
    # Low sentiment should foretell the event, so the score is turned.
    a, b = -joined["sentiment_a"].to_numpy(), -joined["sentiment_b"].to_numpy()

    def gain(first: Floats, second: Floats, happened: Floats) -> float:
        return _auc(second, happened) - _auc(first, happened)

    difference = cluster_bootstrap(a, b, event, statistic=gain, draws=_AUC_DRAWS, alpha=alpha, seed=seed)
    return Validity(
        outcome=kind,
        chats=len(joined),
        events=int(event.sum()),
        auc_a=_auc(a, event),
        auc_b=_auc(b, event),
        delta=difference.estimate,
        low=difference.low,
        high=difference.high,
    )


def _auc(score: Floats, event: Floats) -> float:
    """The chance that a chat with the event scores above one without, ties counted half (Mann-Whitney)."""
    positive = float(event.sum())
    negative = len(event) - positive
    if not positive or not negative:
        return 0.5
    ranks = average_ranks(score)
    return (float(ranks @ event) - positive * (positive + 1) / 2) / (positive * negative)
