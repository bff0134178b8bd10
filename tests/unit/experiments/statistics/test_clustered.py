"""clustered_mean and design_effect against statsmodels, and against their own definitions."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from evosense.errors import InvalidInput
from evosense.experiments.statistics import clustered_mean, design_effect
from tests.unit.experiments.statistics.chats import null_differences


def test_agrees_with_statsmodels_cluster_robust_errors():
    values, chats = null_differences(np.random.default_rng(1), 60, mean=0.03)
    fitted = sm.OLS(values, np.ones_like(values)).fit(cov_type="cluster", cov_kwds={"groups": chats}, use_t=True)
    ours = clustered_mean(values, chats)
    assert ours.estimate == pytest.approx(fitted.params[0])
    assert ours.se == pytest.approx(fitted.bse[0])
    assert ours.p == pytest.approx(fitted.pvalues[0])
    low, high = fitted.conf_int()[0]
    assert (ours.low, ours.high) == (pytest.approx(low), pytest.approx(high))


def test_without_chats_it_is_the_one_sample_t_test():
    values = np.random.default_rng(2).normal(0.1, 1, size=40)
    expected = stats.ttest_1samp(values, 0)
    ours = clustered_mean(values)
    assert (ours.statistic, ours.p) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    assert ours.design.deff == pytest.approx(1.0)


def test_weights_give_the_hajek_mean():
    values, chats = null_differences(np.random.default_rng(3), 50)
    weights = np.random.default_rng(4).uniform(0.5, 4, size=len(values))
    fitted = sm.WLS(values, np.ones_like(values), weights=weights).fit(cov_type="cluster", cov_kwds={"groups": chats})
    ours = clustered_mean(values, chats, weights=weights)
    assert (ours.estimate, ours.se) == (pytest.approx(fitted.params[0]), pytest.approx(fitted.bse[0]))


def test_the_average_chat_counts_each_chat_once():
    ours = clustered_mean([0, 0, 0, 0, 1, 3], ["a", "a", "a", "a", "b", "c"], estimand="chat")
    assert ours.estimate == pytest.approx(4 / 3)
    assert ours.se == pytest.approx(np.std([0, 1, 3], ddof=1) / np.sqrt(3))


def test_two_equal_prompts_differ_by_nothing():
    ours = clustered_mean(np.zeros(20), np.repeat(np.arange(5), 4))
    assert (ours.estimate, ours.se, ours.p, ours.low, ours.high) == (0, 0, 1, 0, 0)
    assert ours.design.deff == 1


def test_a_difference_without_spread_is_certain():
    assert clustered_mean(np.full(20, 0.5), np.repeat(np.arange(5), 4)).p == 0


def test_design_effect_finds_the_simulated_icc():
    values, chats = null_differences(np.random.default_rng(5), 4_000, icc=0.3)
    design = design_effect(values, chats)
    assert design.icc == pytest.approx(0.3, abs=0.02)
    sizes = np.bincount(chats)
    planned = 1 + ((sizes**2).sum() / sizes.sum() - 1) * design.icc
    assert design.deff == pytest.approx(planned, rel=0.1)
    assert design.effective_chats == pytest.approx(len(values) ** 2 / (sizes**2).sum())


@pytest.mark.parametrize(
    ("values", "chats", "says"),
    [
        ([1.0, 2.0], ["a", "a"], "1 chats only"),
        ([1.0, np.nan], ["a", "b"], "NaN"),
        ([1.0, 2.0], ["a"], "1 chat labels for 2"),
        ([[1.0], [2.0]], None, "one-dimensional"),
    ],
)
def test_refuses_what_it_cannot_answer(values, chats, says):
    with pytest.raises(InvalidInput, match=says):
        clustered_mean(values, chats)
