"""A few hundred human labels and all the model's scores together: an unbiased mean with a short interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evosense.errors import InvalidInput
from evosense.experiments.statistics.arrays import Clusters, Floats, clustered, floats, open_unit, pairs, within_unit
from evosense.experiments.statistics.clustered import linearised_se
from evosense.experiments.statistics.distributions import ratio, t_p, two_sided_t


@dataclass(frozen=True, slots=True)
class PredictionPowered:
    """The mean of what a person would have said over all messages; `labels_only` is the mean without predictions."""

    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    rectifier: float
    tuning: float
    labels_only: float
    labels_only_se: float
    labelled: int
    unlabelled: int


def prediction_powered_mean(
    labels: ArrayLike,
    predictions: ArrayLike,
    unlabelled: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    unlabelled_clusters: ArrayLike | None = None,
    tuning: float | None = 1.0,
    alpha: float = 0.05,
) -> PredictionPowered:
    """Theta = l mean(f over all messages) + mean(Y - l f over labelled ones), a mean of Y without the model's bias.

    SE^2 = l^2 var(f)/N + var(Y - l f)/n for independent messages; with clusters both parts are summed within chats
    (a chat that holds labelled and unlabelled messages counts once). `weights` = 1/pi undo oversampling. With
    `tuning=None` l is chosen to make the interval shortest, l = cov(Y, f) / ((1 + n/N) var f), within 0..1.

    Args:
        labels: human values Y (n,).
        predictions: the model's values f for the same messages (n,).
        unlabelled: the model's values f for the messages without label (N,).
        weights: 1 / probability with which each labelled message was sampled (n,).
        clusters: chat of each labelled message (n,).
        unlabelled_clusters: chat of each unlabelled message (N,); give both or none.
        tuning: l, 0..1; 1 is plain prediction-powered inference, 0 uses labels only.
        alpha: 1 - confidence; the interval uses t with (labelled chats - 1) degrees.

    Source: Angelopoulos et al. 2023, Science 382, arXiv 2301.09633; tuning: PPI++, arXiv 2311.01453.

    Raises:
        InvalidInput: fewer than 2 labelled chats, unequal arrays, weights not above 0, tuning outside 0..1, or one
            of the two clusters.
    """
    y, f = pairs(labels, predictions, at_least=2)
    rest = floats(unlabelled, "unlabelled", at_least=2)
    open_unit(alpha, "alpha")
    shares = _shares(weights, len(y))
    if (clusters is None) != (unlabelled_clusters is None):
        message = "give the chats of labelled and of unlabelled messages, or neither"
        raise InvalidInput(message)
    labelled_groups = clustered(clusters, len(y))
    strength = _tuning(y, f, shares, len(rest)) if tuning is None else within_unit(tuning, "tuning")
    rectified = y - strength * f
    rectifier = float(shares @ rectified)
    estimate = strength * float(rest.mean()) + rectifier
    first = shares * (rectified - rectifier)
    second = strength * (rest - rest.mean()) / len(rest)
    se = _joint_se(first, second, labelled_groups, clusters, unlabelled_clusters)
    half = two_sided_t(alpha, labelled_groups.count - 1) * se
    mean = float(shares @ y)
    statistic = ratio(estimate, se)
    return PredictionPowered(
        estimate=estimate,
        se=se,
        low=estimate - half,
        high=estimate + half,
        statistic=statistic,
        p=t_p(statistic, labelled_groups.count - 1),
        rectifier=rectifier,
        tuning=strength,
        labels_only=mean,
        labels_only_se=linearised_se(shares * (y - mean), labelled_groups),
        labelled=len(y),
        unlabelled=len(rest),
    )


def _shares(weights: ArrayLike | None, n: int) -> Floats:
    """Weights scaled to sum to 1."""
    weight = np.ones(n) if weights is None else floats(weights, "weights")
    if len(weight) != n or not (weight > 0).all():
        message = f"weights must be {n} numbers above 0: 1 / the probability with which each message was sampled"
        raise InvalidInput(message)
    return weight / weight.sum()


def _tuning(y: Floats, f: Floats, shares: Floats, unlabelled: int) -> float:
    centred = f - shares @ f
    variance = float(shares @ centred**2)
    if variance == 0:
        return 0.0
    covariance = float(shares @ (centred * (y - shares @ y)))
    return float(np.clip(covariance / ((1 + len(y) / unlabelled) * variance), 0.0, 1.0))


def _joint_se(
    first: Floats,
    second: Floats,
    labelled: Clusters,
    clusters: ArrayLike | None,
    unlabelled_clusters: ArrayLike | None,
) -> float:
    if clusters is None or unlabelled_clusters is None:
        alone = clustered(None, len(second))
        return float(np.hypot(linearised_se(first, labelled), linearised_se(second, alone)))
    names = np.concatenate([np.asarray(clusters), np.asarray(unlabelled_clusters)])
    return linearised_se(np.concatenate([first, second]), clustered(names, len(names)))
