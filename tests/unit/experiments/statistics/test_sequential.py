"""Looking 40 times costs nothing: levels of the sequential procedures, and their formulas."""

import math

import numpy as np
import pytest
from scipy import special, stats

from evosense.errors import InvalidInput
from evosense.experiments.statistics import confidence_sequence, msprt, msprt_binary, sample_ratio_test

LOOKS = np.arange(50, 2_001, 50) - 1


def test_the_formula_at_one_look():
    values = np.random.default_rng(1).normal(0.1, 0.3, size=400)
    result = confidence_sequence(values, t_star=100, alpha=0.05)
    rho2 = (-2 * math.log(0.05) + math.log(-2 * math.log(0.05) + 1)) / 100
    t, s = 400, values.std()
    half = s * math.sqrt(2 * (t * rho2 + 1) / (t**2 * rho2) * math.log(math.sqrt(t * rho2 + 1) / 0.05))
    assert (result.low, result.high) == (pytest.approx(values.mean() - half), pytest.approx(values.mean() + half))
    # facts: 1.55 to 1.70 times the interval that may be read once.
    assert 1.5 < half / (1.96 * s / math.sqrt(t)) < 1.75


def test_p_reaches_alpha_exactly_when_zero_is_outside():
    values = np.random.default_rng(2).normal(0.05, 0.3, size=1_500)
    result = confidence_sequence(values, t_star=300)
    outside = (result.lows > 0) | (result.highs < 0)
    assert outside.any()
    assert np.array_equal(np.logical_or.accumulate(outside), result.ps <= 0.05)
    assert result.first_outside(0, 0) == int(np.flatnonzero(outside)[0]) + 1


def test_nothing_is_claimed_before_the_burn_in():
    result = confidence_sequence(np.full(40, 5.0), t_star=100)
    assert (result.low, result.high, result.p) == (-math.inf, math.inf, 1.0)
    assert confidence_sequence(np.zeros(80), t_star=100).p == 1.0
    assert confidence_sequence(np.full(80, 0.1), t_star=100).p == 0.0


def test_forty_looks_keep_the_level():
    """Fixed-n z tests reject in about 31 % of null experiments; the sequences stay below 5 %."""
    rng = np.random.default_rng(3)
    runs = 400
    fixed = sequence = mixture = 0
    for _ in range(runs):
        chats = rng.normal(0, 0.3, size=2_000)
        running = confidence_sequence(chats, t_star=500)
        z = running.estimates / (np.sqrt(np.cumsum(chats**2) / np.arange(1, 2_001)) / np.sqrt(np.arange(1, 2_001)))
        fixed += bool((np.abs(z[LOOKS]) > 1.96).any())
        sequence += bool(((running.lows > 0) | (running.highs < 0))[LOOKS].any())
        mixture += msprt(chats, tau=0.02).p <= 0.05
    assert fixed / runs > 0.2
    assert sequence / runs <= 0.05
    assert mixture / runs <= 0.05


def test_an_effect_is_found_and_covered():
    rng = np.random.default_rng(4)
    stops, covered = [], 0
    for _ in range(200):
        result = confidence_sequence(rng.normal(0.05, 0.3, size=2_000), t_star=300)
        stop = result.first_outside(0, 0)
        assert stop is not None
        stops.append(stop)
        covered += bool((result.lows <= 0.05).all() and (result.highs >= 0.05).all())
    assert 250 < np.median(stops) < 500
    assert covered / 200 >= 0.95


def test_msprt_formula():
    values = np.random.default_rng(5).normal(0.2, 1, size=100)
    result = msprt(values, tau=0.3)
    variance, mean = values.var() / 100, values.mean()
    expected = math.sqrt(variance / (variance + 0.09)) * math.exp(0.09 * mean**2 / (2 * variance * (variance + 0.09)))
    assert math.exp(result.statistic) == pytest.approx(expected)


def test_binary_msprt_by_integration():
    theta = np.linspace(0, 1, 20_001)
    likelihood = stats.binom.pmf(9, 11, theta) / stats.binom.pmf(9, 11, 0.5)
    result = msprt_binary([3, 9], [1, 2])
    assert math.exp(result.statistic) == pytest.approx(np.trapezoid(likelihood, theta), rel=1e-4)
    with pytest.raises(InvalidInput, match="running counts"):
        msprt_binary([3, 2], [1, 1])


def test_sample_ratio_finds_a_broken_split_and_keeps_its_level():
    assert sample_ratio_test([9_000, 1_000], [0.9, 0.1]).p == 1.0
    broken = sample_ratio_test([9_200, 800], [0.9, 0.1])
    assert broken.p < 1e-6
    assert broken.chi2_p == pytest.approx(stats.chisquare([9_200, 800], [9_000, 1_000]).pvalue)
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(300):
        drawn = rng.random(2_000) < 0.1
        second = np.cumsum(drawn)[LOOKS]
        alarms += sample_ratio_test(np.column_stack([LOOKS + 1 - second, second]), [0.9, 0.1]).p <= 0.05
    assert alarms / 300 <= 0.05


def test_sample_ratio_factor_by_definition():
    a, b = 30.0 * 0.25, 30.0 * 0.75
    expected = special.betaln(40 + a, 60 + b) - special.betaln(a, b) - (40 * math.log(0.25) + 60 * math.log(0.75))
    assert sample_ratio_test([40, 60], [1, 3], concentration=30).statistic == pytest.approx(expected)
    with pytest.raises(InvalidInput, match="share above 0"):
        sample_ratio_test([1, 2], [1, 0])
