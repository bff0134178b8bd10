"""What each statistic does where it is hard: few chats, ties, constants, missing values, and what it says of itself."""

import dataclasses
import inspect

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.inter_rater import cohens_kappa

from evosense.errors import InvalidInput
from evosense.experiments import statistics
from evosense.experiments.statistics import (
    achieved_power,
    cluster_bootstrap,
    clustered_mean,
    cohen_kappa,
    confidence_sequence,
    jensen_shannon,
    krippendorff_alpha,
    mcnemar,
    mcnemar_from_counts,
    msprt,
    newcombe_paired,
    population_stability_index,
    prediction_powered_mean,
    sample_ratio_test,
    sample_size,
    sign_flip_test,
    wasserstein,
    wilcoxon_pratt,
    wilson,
)

FUNCTIONS = [getattr(statistics, name) for name in statistics.__all__ if name.islower()]
NAN = np.nan


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_function_tells_its_formula_its_source_and_answers_something_frozen(function):
    told = inspect.getdoc(function)
    # Those that take counts or sums name the function whose formula they share.
    assert (
        "Source: " in told
        or any(f"`{other.__name__}`" in told for other in FUNCTIONS if other is not function)
        or (function is statistics.require_chats)
    )
    answer = inspect.signature(function, eval_str=True).return_annotation
    assert answer in (float, None) or "tuple" in str(answer) or answer.__dataclass_params__.frozen
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in ("alpha", "draws", "seed", "margin", "burn_in"):
            assert parameter.kind is inspect.Parameter.KEYWORD_ONLY


def test_every_frozen_answer_is_frozen():
    result = clustered_mean([1.0, 2.0, 4.0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.estimate = 0.0


@pytest.mark.parametrize("n", [2, 3, 5, 8, 13, 14, 30, 50, 51])
@pytest.mark.parametrize("kind", ["continuous", "ties and zeros"])
def test_wilcoxon_of_few_chats_agrees_with_scipy(n, kind):
    rng = np.random.default_rng(n)
    for _ in range(10):
        values = rng.normal(0.3, 1, n) if kind == "continuous" else rng.integers(-3, 4, n).astype(float)
        if not values.any():
            continue
        expected = stats.wilcoxon(values, zero_method="pratt", correction=False)
        assert wilcoxon_pratt(values).p == pytest.approx(expected.pvalue, abs=1e-12)


def test_wilcoxon_of_five_chats_can_not_be_significant():
    assert wilcoxon_pratt([1.0, 2.0, 3.0, 4.0, 5.0]).p == 2 / 2**5
    assert wilcoxon_pratt([1.0, 2.0, 3.0, 4.0, 5.0], exact=False).p < 0.05
    assert wilcoxon_pratt([0.0, 0.0, 0.0]).p == 1


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_kappa_is_tested_against_chance_as_statsmodels_does(weights):
    rng = np.random.default_rng(5)
    first = rng.integers(0, 4, 150)
    second = np.where(rng.random(150) < 0.2, first, rng.integers(0, 4, 150))
    result = cohen_kappa(first, second, weights=weights)
    expected = cohens_kappa(result.confusion, wt=weights)
    assert result.statistic == pytest.approx(expected.z_value)
    assert result.p == pytest.approx(expected.pvalue_two_sided)
    assert (result.low, result.high) == pytest.approx((expected.kappa_low, expected.kappa_upp))


def test_two_messages_prove_no_agreement():
    result = cohen_kappa(["a", "b"], ["a", "b"])
    assert (result.estimate, result.se) == (1, 0)
    assert result.p == pytest.approx(0.157, abs=1e-3)


def test_mcnemar_with_correction_and_interval():
    expected = statsmodels_mcnemar([[30, 10], [20, 40]], exact=False, correction=True)
    result = mcnemar_from_counts(20, 10, n=100, exact=False, correction=True)
    assert (result.statistic, result.p) == pytest.approx((expected.statistic, expected.pvalue))
    first, second = np.repeat([1, 1, 0, 0], [30, 10, 20, 40]), np.repeat([1, 0, 1, 0], [30, 10, 20, 40])
    found = mcnemar(first, second)
    # The Wald interval of a paired difference is the normal one of its 0/1 differences, variance with 1/n.
    assert found.se == pytest.approx(np.std(second - first) / 10)
    assert found.low == pytest.approx(0.1 - 1.959964 * found.se, abs=1e-6)
    by_message = mcnemar(first, second, np.arange(100))
    assert by_message.se == pytest.approx(np.std(second - first, ddof=1) / 10)
    assert newcombe_paired(first, second).low == pytest.approx(found.low, abs=0.02)


def test_alpha_of_many_different_values_is_the_same_by_sums_and_by_coincidences():
    rng = np.random.default_rng(6)
    truth = rng.normal(size=200)
    table = truth + rng.normal(0, 0.5, size=(3, 200))
    table[rng.random(table.shape) < 0.2] = NAN
    result = krippendorff_alpha(table, level="interval", draws=300)
    rated = table[:, np.isfinite(table).sum(axis=0) >= 2]
    values = rated[np.isfinite(rated)]
    pairs = sum(
        ((column[:, None] - column[None, :]) ** 2).sum() / (len(column) - 1)
        for column in (unit[np.isfinite(unit)] for unit in rated.T)
    )
    n = len(values)
    expected = 1 - (pairs / n) / (((values[:, None] - values[None, :]) ** 2).sum() / (n * (n - 1)))
    assert result.estimate == pytest.approx(expected)
    assert result.low < result.estimate < result.high
    with pytest.raises(InvalidInput, match="level='interval'"):
        krippendorff_alpha(table, level="ordinal")


def test_distances_of_continuous_scores_are_exact():
    rng = np.random.default_rng(7)
    one, other = rng.normal(size=900), rng.normal(0.1, 1.2, size=700)
    assert wasserstein(one, other, draws=100).estimate == pytest.approx(stats.wasserstein_distance(one, other))


def test_named_row_statistics_agree_with_scipy_and_the_functions():
    rng = np.random.default_rng(8)
    first = rng.integers(0, 5, 300).astype(float)
    second = np.where(rng.random(300) < 0.5, first, rng.integers(0, 5, 300))
    chats = np.repeat(np.arange(60), 5)
    spearman = cluster_bootstrap(first, second, clusters=chats, statistic="spearman", draws=200)
    assert spearman.estimate == pytest.approx(stats.spearmanr(first, second).statistic)
    kappa = cluster_bootstrap(first, second, clusters=chats, statistic="kappa", draws=200)
    expected = cohen_kappa(first, second, chats)
    assert kappa.estimate == pytest.approx(expected.estimate)
    assert kappa.se == pytest.approx(expected.se, rel=0.3)
    assert cluster_bootstrap(first, statistic="median", draws=200).estimate == np.median(first)


def test_nothing_is_claimed_of_one_chat():
    assert confidence_sequence([1.0, 1.1, 1.2], t_star=10, burn_in=0).lows[0] == -np.inf
    assert msprt([1.0, 1.1, 1.2], tau=0.1, burn_in=0).ps[0] == 1


def test_constants_are_certain_and_nothing_is_no_evidence():
    zeros, ones = np.zeros(60), np.ones(60)
    assert (clustered_mean(zeros).p, sign_flip_test(zeros).p, wilcoxon_pratt(zeros).p) == (1, 1, 1)
    assert confidence_sequence(zeros, t_star=60).p == 1
    assert confidence_sequence(ones, t_star=60).low == 1
    for distance in (population_stability_index, jensen_shannon, wasserstein):
        assert not distance(ones, ones, draws=100).is_drift


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: clustered_mean(["a", "b"]), "numbers only"),
        (lambda: clustered_mean([1.0, NAN]), "1 values that are NaN"),
        (lambda: clustered_mean([1.0, 2.0], [0.0, NAN]), "chat labels must not be missing"),
        (lambda: clustered_mean([1.0, 2.0, 3.0], ["a", None, "b"]), "chat labels must not be missing"),
        (lambda: clustered_mean([1.0, 2.0, 3.0], [7, 7, 7]), "1 chats only"),
        (lambda: clustered_mean([1.0, 2.0], estimand="person"), "estimand"),
        (lambda: sign_flip_test([]), "0 observations"),
        (lambda: cohen_kappa(["a", None], ["a", "b"]), "labels must not be missing"),
        (lambda: cohen_kappa([1, 2, 3], [1, 2, 2], weights="cubic"), "weights are"),
        (lambda: cohen_kappa([1, 2], [1, 2], categories=[1, 1, 2]), "twice"),
        (lambda: krippendorff_alpha([["a", "b"]]), "numbers only"),
        (lambda: krippendorff_alpha([[1, np.inf], [1, 2]]), "infinite"),
        (lambda: krippendorff_alpha([[1, 2], [1, 2]], level="colour"), "level is one of"),
        (lambda: wilson([5, 6], 10), "one count"),
        (lambda: wilson(11, 10), "is no rate"),
        (lambda: mcnemar_from_counts(5, 2, n=3), "n counts all pairs"),
        (lambda: cluster_bootstrap([1.0, 2.0, 3.0], statistic="mae"), "two paired columns"),
        (lambda: cluster_bootstrap([1.0, 2.0, 3.0], method="bca"), "method is"),
        (lambda: cluster_bootstrap([1.0, 2.0, 3.0], statistic=lambda _: NAN, draws=100), "no number on 100 of 100"),
        (lambda: sample_size(0.02, 0.3, replicates=(0, 1)), "1 or more"),
        (lambda: sample_size(0.02, 0.3, noise=(-1, 0)), "noise must not be negative"),
        (lambda: sample_size(0.02, 0.3, deff=0), "deff"),
        (lambda: achieved_power(NAN, 0.3, 100), "delta"),
        (lambda: sample_ratio_test([NAN, 3], [0.5, 0.5]), "finite number per arm"),
        (lambda: prediction_powered_mean([1.0, 2.0], [1.0, 2.0], [1.0, 2.0], tuning=2.0), "tuning"),
    ],
)
def test_refusals(call, says):
    with pytest.raises(InvalidInput, match=says):
        call()
