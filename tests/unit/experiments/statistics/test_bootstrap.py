"""cluster_bootstrap and quantile_difference against scipy and against the plain way of doing it."""

import numpy as np
import pytest
from scipy import stats

from evosense.errors import InvalidInput
from evosense.experiments.statistics import cluster_bootstrap, clustered_mean, concordance, quantile_difference
from tests.unit.experiments.statistics.chats import null_differences


def paired_latencies(seed: int, chats: int = 200):
    rng = np.random.default_rng(seed)
    sizes = rng.geometric(1 / 8, size=chats)
    codes = np.repeat(np.arange(chats), sizes)
    first = rng.lognormal(5, 0.5, size=len(codes)) * rng.lognormal(0, 0.3, size=chats)[codes]
    return first, first * rng.lognormal(0.1, 0.3, size=len(codes)), codes


def test_the_mean_of_independent_values_agrees_with_scipy():
    values = np.random.default_rng(1).exponential(size=200)
    expected = stats.bootstrap((values,), np.mean, n_resamples=9_999, method="percentile", rng=np.random.default_rng(2))
    ours = cluster_bootstrap(values, draws=9_999)
    assert ours.se == pytest.approx(expected.standard_error, rel=0.05)
    assert ours.low == pytest.approx(expected.confidence_interval.low, abs=0.1 * ours.se)
    assert ours.high == pytest.approx(expected.confidence_interval.high, abs=0.1 * ours.se)


@pytest.mark.parametrize("name", ["mean", "bias", "mae", "rmse", "pearson", "concordance"])
def test_sums_give_what_rows_give(name):
    """The fast road (per-chat sums) against the slow one (recompute on resampled rows)."""
    first, second, chats = paired_latencies(3)
    plain = {
        "mean": lambda a, b: a.mean(),
        "bias": lambda a, b: (b - a).mean(),
        "mae": lambda a, b: np.abs(b - a).mean(),
        "rmse": lambda a, b: np.sqrt(((b - a) ** 2).mean()),
        "pearson": lambda a, b: np.corrcoef(a, b)[0, 1],
        "concordance": lambda a, b: 2 * np.cov(a, b, ddof=0)[0, 1] / (a.var() + b.var() + (a.mean() - b.mean()) ** 2),
    }[name]
    fast = cluster_bootstrap(first, second, clusters=chats, statistic=name, draws=1_500)
    slow = cluster_bootstrap(first, second, clusters=chats, statistic=plain, draws=1_500)
    assert fast.estimate == pytest.approx(slow.estimate)
    assert fast.se == pytest.approx(slow.se, rel=0.1)
    assert fast.low == pytest.approx(slow.low, abs=0.25 * slow.se)


def test_studentised_interval_is_near_the_t_interval():
    values, chats = null_differences(np.random.default_rng(4), 300, mean=0.05)
    ours, expected = cluster_bootstrap(values, clusters=chats, method="studentised"), clustered_mean(values, chats)
    assert (ours.low, ours.high) == (pytest.approx(expected.low, abs=0.004), pytest.approx(expected.high, abs=0.004))
    assert ours.p < 0.01


def test_same_seed_same_answer():
    values, chats = null_differences(np.random.default_rng(5), 50)
    one, two = (cluster_bootstrap(values, clusters=chats, seed=7, draws=200) for _ in range(2))
    assert (one.low, one.high) == (two.low, two.high)


def test_percentiles_from_histograms_agree_with_resampled_rows():
    first, second, chats = paired_latencies(6)
    for result in quantile_difference(first, second, chats, shares=(0.5, 0.95), draws=1_500):
        rows = cluster_bootstrap(
            first,
            second,
            clusters=chats,
            statistic=lambda a, b, share=result.share: np.quantile(b, share) - np.quantile(a, share),
            draws=1_500,
        )
        assert result.estimate == pytest.approx(rows.estimate)
        assert result.se == pytest.approx(rows.se, rel=0.1)
        assert result.low == pytest.approx(rows.low, abs=0.3 * rows.se)
        assert result.high == pytest.approx(rows.high, abs=0.3 * rows.se)


def test_equal_latencies_differ_by_nothing():
    values = np.full(100, 250.0)
    (result,) = quantile_difference(values, values, np.repeat(np.arange(20), 5), shares=(0.95,), draws=200)
    assert (result.estimate, result.low, result.high, result.p) == (0, 0, 0, 1)


def test_concordance_error_agrees_with_its_bootstrap():
    first, second, chats = paired_latencies(8, chats=400)
    quick = concordance(first, second, chats)
    slow = cluster_bootstrap(first, second, clusters=chats, statistic="concordance")
    assert quick.se == pytest.approx(slow.se, rel=0.15)


def test_says_what_it_can_do():
    with pytest.raises(InvalidInput, match="no statistic named 'mode'"):
        cluster_bootstrap([1.0, 2.0, 3.0], statistic="mode")
    with pytest.raises(InvalidInput, match="equal length"):
        cluster_bootstrap([1.0, 2.0], [1.0, 2.0, 3.0])
