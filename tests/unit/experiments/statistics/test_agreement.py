"""Kappa, AC1, alpha, concordance, Bland-Altman, Wilcoxon against scipy, statsmodels and published examples."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from evosense.errors import InvalidInput
from evosense.experiments.statistics import (
    bland_altman,
    cluster_bootstrap,
    cohen_kappa,
    concordance,
    gwet_ac1,
    krippendorff_alpha,
    wilcoxon_pratt,
)

NAN = np.nan
# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section D: four observers, twelve units.
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)


def raters(seed: int, n: int = 600):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 4, size=n)
    return first, np.where(rng.random(n) < 0.7, first, rng.integers(0, 4, size=n))


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorff_published(level, alpha):
    result = krippendorff_alpha(OBSERVERS, level=level, draws=200)
    assert round(result.estimate, 3) == alpha
    assert result.low <= result.estimate <= result.high
    assert (result.units, result.pairable) == (11, 40)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_kappa_agrees_with_statsmodels(weights):
    first, second = raters(1)
    result = cohen_kappa(first, second, weights=weights)
    expected = cohens_kappa(result.confusion, wt=weights and {"linear": "linear", "quadratic": "quadratic"}[weights])
    assert result.estimate == pytest.approx(expected.kappa)
    assert result.se == pytest.approx(expected.std_kappa)


def test_kappa_published():
    """Fleiss, Levin and Paik 2003, table 18.1: two raters, 100 patients."""
    table = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
    first = np.repeat(np.arange(3), table.sum(axis=1))
    second = np.concatenate([np.repeat(np.arange(3), row) for row in table])
    result = cohen_kappa(first, second)
    assert (round(result.observed, 2), round(result.estimate, 2)) == (0.89, 0.68)


def test_kappa_of_words_and_chats():
    first, second = raters(2)
    words = np.array(["alegria", "neutro", "raiva", "tristeza"])
    chats = np.repeat(np.arange(60), 10)
    result = cohen_kappa(words[first], words[second], chats)
    plain = cohen_kappa(first, second)
    assert result.estimate == pytest.approx(plain.estimate)
    assert result.categories == tuple(words)

    def kappa(a, b):
        return cohen_kappa(a, b).estimate

    slow = cluster_bootstrap(first, second, clusters=chats, statistic=kappa, draws=400)
    assert result.se == pytest.approx(slow.se, rel=0.2)


def test_ac1_stays_high_where_kappa_falls():
    """Gwet 2008: 118 + 5 + 2 + 0 ratings; kappa is about -0.02 although 94 % agree, AC1 is 0.94."""
    first, second = np.repeat([1, 1, 0], [118, 5, 2]), np.repeat([1, 0, 1], [118, 5, 2])
    assert cohen_kappa(first, second).estimate == pytest.approx(-0.0234, abs=1e-3)
    assert gwet_ac1(first, second).estimate == pytest.approx(0.9408, abs=1e-3)


def test_ac1_error_agrees_with_its_bootstrap():
    first, second = raters(3)
    slow = cluster_bootstrap(first, second, statistic=lambda a, b: gwet_ac1(a, b).estimate, draws=400)
    assert gwet_ac1(first, second).se == pytest.approx(slow.se, rel=0.15)


def test_concordance_by_definition():
    rng = np.random.default_rng(4)
    first = rng.normal(size=300)
    second = 0.8 * first + rng.normal(0.2, 0.4, size=300)
    result = concordance(first, second)
    expected = (
        2 * np.cov(first, second, ddof=0)[0, 1] / (first.var() + second.var() + (first.mean() - second.mean()) ** 2)
    )
    assert result.estimate == pytest.approx(expected)
    assert result.precision == pytest.approx(stats.pearsonr(first, second).statistic)
    assert result.precision * result.accuracy == pytest.approx(result.estimate)
    assert concordance(first, first).estimate == 1
    slow = cluster_bootstrap(first, second, statistic="concordance", draws=2_000)
    assert (result.low, result.high) == (pytest.approx(slow.low, abs=0.02), pytest.approx(slow.high, abs=0.02))


def test_bland_altman_published():
    """Bland and Altman 1986, table 1, large against mini Wright peak flow meter, first readings of 17 people."""
    large = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427])
    mini = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451])
    result = bland_altman(mini, large)
    assert round(result.estimate, 1) == -2.1
    assert round(result.sd, 1) == 38.8
    assert (round(result.lower_limit), round(result.upper_limit)) == (-78, 74)


@pytest.mark.parametrize("seed", range(3))
def test_wilcoxon_agrees_with_scipy(seed):
    values = np.random.default_rng(seed).integers(-4, 6, size=80).astype(float)
    expected = stats.wilcoxon(values, zero_method="pratt", correction=False, method="asymptotic")
    result = wilcoxon_pratt(values)
    assert result.p == pytest.approx(expected.pvalue)
    assert abs(result.statistic) == pytest.approx(abs(expected.zstatistic))
    assert min(result.rank_sum_positive, result.rank_sum_negative) == expected.statistic


def test_wilcoxon_counts_each_chat_once():
    values, chats = np.array([1.0, 3.0, -1.0, 2.0, 0.0]), np.array([0, 0, 1, 2, 3])
    assert wilcoxon_pratt(values, chats) == wilcoxon_pratt([2.0, -1.0, 2.0, 0.0])


def test_refusals_say_why():
    with pytest.raises(InvalidInput, match="one category only"):
        cohen_kappa([1, 1, 1], [1, 1, 1])
    with pytest.raises(InvalidInput, match="categories="):
        cohen_kappa([1, 2], [1, 3], categories=[1, 2])
    with pytest.raises(InvalidInput, match="two ratings"):
        krippendorff_alpha([[1, NAN], [NAN, 2]])
    with pytest.raises(InvalidInput, match="same constant"):
        concordance([1.0, 1.0, 1.0], [1.0, 1.0, 1.0])
