"""Prediction-powered means, CUPED, margins, power, multiplicity, drift."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from evosense.errors import InvalidInput
from evosense.experiments.statistics import (
    achieved_power,
    benjamini_hochberg,
    benjamini_yekutieli,
    clustered_mean,
    cuped,
    equivalence,
    holm,
    jensen_shannon,
    non_inferiority,
    population_stability_index,
    prediction_powered_mean,
    require_chats,
    sample_size,
    wasserstein,
)
from tests.unit.experiments.statistics.chats import null_differences


def labelled_world(rng: np.random.Generator, n: int = 300, rest: int = 5_000, bias: float = 0.15):
    truth = rng.normal(0.2, 0.5, size=n + rest)
    predicted = truth + bias + rng.normal(0, 0.2, size=n + rest)
    return truth[:n], predicted[:n], predicted[n:]


def test_prediction_powered_formula():
    y, f, rest = labelled_world(np.random.default_rng(1))
    result = prediction_powered_mean(y, f, rest)
    assert result.estimate == pytest.approx(rest.mean() + (y - f).mean())
    assert result.se == pytest.approx(np.sqrt(rest.var(ddof=1) / len(rest) + (y - f).var(ddof=1) / len(y)))
    assert result.labels_only == pytest.approx(y.mean())


def test_prediction_powered_covers_and_is_shorter_than_labels_alone():
    rng = np.random.default_rng(2)
    covered = shorter = 0
    for _ in range(300):
        result = prediction_powered_mean(*labelled_world(rng), tuning=None)
        covered += result.low <= 0.2 <= result.high
        shorter += result.se < result.labels_only_se
    assert 0.92 <= covered / 300 <= 0.98
    assert shorter == 300


def test_useless_predictions_are_tuned_away():
    rng = np.random.default_rng(3)
    y, f, rest = rng.normal(size=200), rng.normal(size=200), rng.normal(size=2_000)
    result = prediction_powered_mean(y, f, rest, tuning=None)
    assert result.tuning < 0.2
    assert result.se <= result.labels_only_se * 1.01


def test_sampling_weights_undo_oversampling():
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(200):
        truth = rng.normal(0.1, 0.5, size=4_000)
        predicted = truth + np.where(truth < 0, 0.3, 0.0) + rng.normal(0, 0.1, size=4_000)
        chance = np.where(predicted < 0.2, 0.15, 0.03)
        picked = rng.random(4_000) < chance
        result = prediction_powered_mean(truth[picked], predicted[picked], predicted, weights=1 / chance[picked])
        covered += result.low <= truth.mean() <= result.high
    assert covered / 200 >= 0.9


def test_prediction_powered_chats_widen_the_interval():
    rng = np.random.default_rng(5)
    chats = np.repeat(np.arange(100), 20)
    shift = rng.normal(0, 0.5, size=100)[chats]
    y, f = shift + rng.normal(0, 0.1, size=2_000), shift * 0.5
    labelled = np.arange(2_000) % 10 == 0
    plain = prediction_powered_mean(y[labelled], f[labelled], f)
    clustered = prediction_powered_mean(
        y[labelled], f[labelled], f, clusters=chats[labelled], unlabelled_clusters=chats
    )
    assert clustered.se > 1.3 * plain.se
    with pytest.raises(InvalidInput, match="neither"):
        prediction_powered_mean(y, f, f, clusters=chats)


def test_cuped_takes_away_what_the_covariate_explains():
    rng = np.random.default_rng(6)
    before = rng.normal(size=4_000)
    treated = rng.random(4_000) < 0.5
    after = 0.8 * before + rng.normal(0, 0.6, size=4_000) + 0.1 * treated
    result = cuped(after, before, treated)
    assert result.theta == pytest.approx(0.8, abs=0.03)
    assert result.variance_reduction == pytest.approx(0.64, abs=0.04)
    assert result.low <= 0.1 <= result.high
    assert result.unadjusted_se == pytest.approx(
        np.sqrt(after[treated].var() / treated.sum() + after[~treated].var() / (~treated).sum()), rel=1e-3
    )
    with pytest.raises(InvalidInput, match="both sides"):
        cuped(after, before, np.ones(4_000))


def test_equivalence_agrees_with_statsmodels():
    rng = np.random.default_rng(7)
    values = rng.normal(0.02, 0.2, size=80)
    p, *_ = ttost_paired(values, np.zeros(80), -0.1, 0.1)
    result = equivalence(values, margin=0.1)
    assert result.p == pytest.approx(p)
    assert result.holds == (result.low > -0.1 and result.high < 0.1)


def test_non_inferiority_by_direction():
    values, chats = null_differences(np.random.default_rng(8), 300, mean=-0.05)
    assert not non_inferiority(values, chats, margin=0.02).holds
    assert non_inferiority(values, chats, margin=0.2).holds
    assert non_inferiority(values, chats, margin=0.02, higher_is_better=False).holds
    with pytest.raises(InvalidInput, match="margin must be a number above 0"):
        non_inferiority(values, chats, margin=0)


def test_sample_size_published():
    size = sample_size(0.02, 0.3, messages_per_chat=8, icc=0.1)
    assert (size.messages, size.chats) == (3_003, 376)
    size = sample_size(0.02, 0.3, messages_per_chat=8, icc=0.3)
    assert (size.messages, size.chats) == (5_475, 685)


def test_power_agrees_with_statsmodels():
    expected = TTestPower().power(effect_size=0.02 / 0.3, nobs=1_766, alpha=0.05)
    assert achieved_power(0.02, 0.3, 1_766).estimate == pytest.approx(expected, abs=0.002)
    assert achieved_power(0.02, 0.3, 3_003, deff=1.7).detectable == pytest.approx(0.02, abs=1e-4)
    noisy = sample_size(0.02, 0.3, noise=(0.1, 0.1), replicates=(1, 4), messages_per_chat=1)
    assert noisy.messages == pytest.approx(
        sample_size(0.02, np.sqrt(0.09 + 0.01 + 0.0025), messages_per_chat=1).messages
    )


def test_too_few_chats_says_how_many():
    with pytest.raises(InvalidInput, match=r"8 chats only: need about 376 for 0\.02"):
        require_chats(8, delta=0.02, sd=0.3, messages_per_chat=8, icc=0.1)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh"), (benjamini_yekutieli, "fdr_by")]
)
def test_multiplicity_agrees_with_statsmodels(ours, theirs):
    p = np.random.default_rng(9).beta(0.3, 2, size=40)
    rejected, adjusted, *_ = multipletests(p, method=theirs)
    result = ours(p)
    np.testing.assert_allclose(result, adjusted)
    np.testing.assert_array_equal(result.rejected, rejected)


def test_distances_agree_with_scipy():
    rng = np.random.default_rng(10)
    one, two = rng.normal(size=400), rng.normal(0.3, 1.2, size=100)
    assert wasserstein(one, two, draws=100).estimate == pytest.approx(stats.wasserstein_distance(one, two))
    edges = np.linspace(min(one.min(), two.min()), max(one.max(), two.max()), 21)
    p, q = np.histogram(one, edges)[0], np.histogram(two, edges)[0]
    assert jensen_shannon(one, two, draws=100).estimate == pytest.approx(distance.jensenshannon(p, q, base=2))
    p = np.array([0.5, 0.5])
    q = np.array([0.75, 0.25])
    psi = population_stability_index(np.repeat([0.0, 1.0], 50), np.repeat([0.0, 1.0], [75, 25]), bins=2, draws=100)
    assert psi.estimate == pytest.approx(((q - p) * np.log(q / p)).sum())


def test_drift_knows_how_much_chats_move_by_themselves():
    rng = np.random.default_rng(11)
    alarms = 0
    for run in range(60):
        (one, one_chats), (two, two_chats) = null_differences(rng, 120), null_differences(rng, 120)
        alarms += population_stability_index(one, two, clusters=(one_chats, two_chats), draws=200, seed=run).is_drift
    assert alarms <= 9
    moved = population_stability_index(one, two + 0.3, clusters=(one_chats, two_chats), draws=200)
    assert moved.is_drift
    assert moved.p < 0.01


def test_intervals_cover_at_the_nominal_rate():
    """200 experiments of 60 chats with a true effect of 0.04."""
    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(200):
        result = clustered_mean(*null_differences(rng, 60, mean=0.04))
        covered += result.low <= 0.04 <= result.high
    assert 0.91 <= covered / 200 <= 0.985
