"""wilson, newcombe_paired, mcnemar against statsmodels and published examples."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from evosense.errors import InvalidInput
from evosense.experiments.statistics import (
    design_effect,
    mcnemar,
    mcnemar_from_counts,
    newcombe_from_table,
    newcombe_paired,
    sign_flip_test,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    # Newcombe 1998, Stat. Med. 17:857-872, table I, score method without correction.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_published(successes, n, low, high):
    result = wilson(successes, n)
    assert (round(result.low, 4), round(result.high, 4)) == (low, high)


def test_wilson_of_outcomes_agrees_with_statsmodels():
    outcomes = np.repeat([1, 0], [7, 93])
    assert (wilson(outcomes).low, wilson(outcomes).high) == pytest.approx(proportion_confint(7, 100, method="wilson"))


def test_wilson_widens_when_chats_agree_with_themselves():
    outcomes, chats = np.repeat([1, 0, 0, 0, 1, 0, 0, 0], 10), np.repeat(np.arange(8), 10)
    clustered, plain = wilson(outcomes, clusters=chats), wilson(outcomes)
    assert clustered.effective_n == pytest.approx(80 / design_effect(outcomes, chats).deff)
    assert clustered.high - clustered.low > 2 * (plain.high - plain.low)


def test_newcombe_published():
    """Airway hyper-responsiveness before and after transplantation (Bentur et al. 2009; Fagerland et al. 2014)."""
    result = newcombe_from_table(1, 7, 1, 21)
    # Published as before minus after would be with the sign turned; 1 of 21 before only, 7 after only.
    assert result.estimate == pytest.approx(-6 / 21)
    assert (round(result.low, 3), round(result.high, 3)) == (-0.507, -0.026)


def test_newcombe_of_uncorrelated_outcomes_is_the_interval_of_independent_samples():
    first, second = np.tile([1, 1, 0, 0], 25), np.tile([1, 0, 1, 0], 25)
    first[:4] = 1  # 52 against 50 successes; the correction takes a correlation this small to 0
    result = newcombe_paired(first, second)
    low, high = confint_proportions_2indep(int(second.sum()), 100, int(first.sum()), 100, method="newcomb")
    assert (result.low, result.high) == (pytest.approx(low), pytest.approx(high))
    assert (result.low, result.high) == (
        newcombe_from_table(26, 26, 24, 100).low,
        newcombe_from_table(26, 26, 24, 100).high,
    )


@pytest.mark.parametrize(("gained", "lost"), [(5, 15), (0, 4), (40, 41)])
@pytest.mark.parametrize("exact", [True, False])
def test_mcnemar_agrees_with_statsmodels(gained, lost, exact):
    expected = statsmodels_mcnemar([[30, lost], [gained, 30]], exact=exact, correction=False)
    result = mcnemar_from_counts(gained, lost, n=60 + gained + lost, exact=exact)
    assert result.p == pytest.approx(expected.pvalue)
    assert result.statistic == pytest.approx(expected.statistic)


def test_mcnemar_of_arrays_counts_flips():
    result = mcnemar([1, 1, 0, 0, 1], [1, 0, 1, 1, 1])
    assert (result.gained, result.lost, result.estimate, result.method) == (2, 1, pytest.approx(0.2), "exact")


def test_clustered_mcnemar_of_single_messages_is_the_plain_one():
    rng = np.random.default_rng(1)
    first, second = rng.integers(2, size=400), rng.integers(2, size=400)
    clustered = mcnemar(first, second, np.arange(400))
    assert clustered.statistic == pytest.approx(mcnemar(first, second, exact=False).statistic)


def test_clustered_mcnemar_believes_agreeing_chats_less():
    rng = np.random.default_rng(2)
    flips = np.repeat(rng.integers(-1, 2, size=60), 10)
    first, second = (flips < 0).astype(int), (flips > 0).astype(int)
    chats = np.repeat(np.arange(60), 10)
    clustered, plain = mcnemar(first, second, chats), mcnemar(first, second, exact=False)
    assert clustered.statistic == pytest.approx(plain.statistic / 10)


def test_clustered_mcnemar_is_the_normal_limit_of_the_sign_flips():
    rng = np.random.default_rng(3)
    chats = np.repeat(np.arange(400), rng.integers(1, 15, size=400))
    first, second = rng.random(len(chats)) < 0.30, rng.random(len(chats)) < 0.32
    flips = sign_flip_test(second.astype(int) - first, chats)
    assert mcnemar(first, second, chats).p == pytest.approx(flips.p, abs=0.03)


def test_only_yes_and_no():
    with pytest.raises(InvalidInput, match="0 and 1"):
        mcnemar([0, 2], [1, 0])
    with pytest.raises(InvalidInput, match="0 and 1"):
        wilson([0.5, 1])
    with pytest.raises(InvalidInput, match="no rate"):
        wilson(5, 3)
