"""Nominal 95 % intervals cover the truth at about that rate, over 200 repetitions of each effect."""

import numpy as np
import pytest

from evosense.experiments.statistics import cluster_bootstrap, clustered_mean, newcombe_paired, wilson
from tests.unit.experiments.statistics.chats import null_differences

REPETITIONS = 200
# 200 draws of a true 0.95 lie within this band with 99.9 % chance.
NOMINAL = (0.895, 0.99)


def share_covered(truth: float, interval) -> float:
    return sum(low <= truth <= high for low, high in (interval(run) for run in range(REPETITIONS))) / REPETITIONS


@pytest.mark.parametrize("effect", [0.0, 0.03, -0.15], ids=["none", "small", "harmful"])
def test_the_difference_of_a_prompt_is_covered(effect):
    def interval(run):
        result = clustered_mean(*null_differences(np.random.default_rng([run, 1]), 80, mean=effect))
        return result.low, result.high

    low, high = NOMINAL
    assert low <= share_covered(effect, interval) <= high


def test_the_bootstrap_of_whole_chats_covers_the_mean():
    def interval(run):
        values, chats = null_differences(np.random.default_rng([run, 2]), 120, mean=0.03)
        result = cluster_bootstrap(values, clusters=chats, draws=300, seed=run)
        return result.low, result.high

    low, high = NOMINAL
    assert low <= share_covered(0.03, interval) <= high


def clustered_answers(run: int, rate: float, worse: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Yes/no answers of two arms in 150 chats of mean 6, correlated within a chat; the second says yes more often."""
    rng = np.random.default_rng([run, 3])
    chats = np.repeat(np.arange(150), rng.geometric(1 / 6, size=150))
    own = np.clip(rate + rng.normal(0, 0.04, 150), 0, 1)[chats]
    first = rng.random(len(chats)) < own
    second = first | (rng.random(len(chats)) < worse / (1 - rate))
    return first, second, chats


def test_a_rate_is_covered():
    def interval(run):
        first, _, chats = clustered_answers(run, 0.2)
        result = wilson(first, clusters=chats)
        return result.low, result.high

    low, high = NOMINAL
    assert low <= share_covered(0.2, interval) <= high


def test_the_difference_of_two_rates_is_covered():
    def interval(run):
        result = newcombe_paired(*clustered_answers(run, 0.2, worse=0.05))
        return result.low, result.high

    low, _ = NOMINAL
    assert share_covered(0.05, interval) >= low
