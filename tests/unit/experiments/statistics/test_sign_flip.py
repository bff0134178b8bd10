"""sign_flip_test: exact on published data, exact against brute force, and it holds its level."""

import itertools

import numpy as np
import pytest

from evosense.experiments.statistics import clustered_mean, sign_flip_test
from tests.unit.experiments.statistics.chats import null_differences

# Darwin's maize, heights of cross- minus self-fertilised plants in eighths of an inch (Fisher 1935, section 21).
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_fishers_own_example():
    result = sign_flip_test(DARWIN)
    assert result.is_exact
    assert result.p == pytest.approx(2 * 863 / 2**15)


def test_chats_are_flipped_whole():
    values = np.array([1.0, 2.0, -1.0, 3.0, 0.5, 0.25])
    chats = np.array([0, 0, 1, 2, 2, 3])
    sums = [3.0, -1.0, 3.5, 0.25]
    totals = [
        abs(sum(s * x for s, x in zip(signs, sums, strict=True))) for signs in itertools.product((1, -1), repeat=4)
    ]
    expected = sum(total >= abs(sum(sums)) - 1e-12 for total in totals) / 16
    assert sign_flip_test(values, chats).p == pytest.approx(expected)


def test_sampled_flips_agree_with_the_normal_limit():
    values, chats = null_differences(np.random.default_rng(1), 3_000, mean=0.01)
    sampled = sign_flip_test(values, chats)
    assert not sampled.is_exact
    assert sampled.p == pytest.approx(clustered_mean(values, chats).p, abs=0.02)
    assert sign_flip_test(values, chats, seed=0).p == sampled.p


def test_ties_count_as_reached():
    values = np.repeat([1.0, -1.0], [30, 30])
    assert sign_flip_test(values, flips=500).p == 1.0


def test_no_difference_at_all():
    assert sign_flip_test(np.zeros(40), np.repeat(np.arange(4), 10)).p == 1.0


@pytest.mark.parametrize(("chats", "runs"), [(10, 1_000), (50, 1_000), (300, 500)])
def test_holds_its_level(chats, runs):
    """Null experiments with ICC 0.3: rejections at 0.05 within three Monte-Carlo errors."""
    rng = np.random.default_rng(chats)
    ps = [sign_flip_test(*null_differences(rng, chats), flips=600, seed=run).p for run in range(runs)]
    level = np.mean(np.array(ps) <= 0.05)
    assert abs(level - 0.05) <= 3 * np.sqrt(0.05 * 0.95 / runs)
