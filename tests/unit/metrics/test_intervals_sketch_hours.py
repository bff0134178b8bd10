"""Intervals, sketches, calendars."""

from __future__ import annotations

import random
import statistics
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from scipy import stats

from evosense.conversations.business_hours import BusinessHours, Holiday, Opening
from evosense.errors import InvalidInput
from evosense.metrics.intervals import bootstrap_mean, mean, net, percentile, wilson
from evosense.metrics.sketch import ACCURACY, Sketch


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (3, 10), (50, 100), (100, 100)])
def test_wilson_is_scipys(successes, n):
    found = wilson(successes, n)
    expected = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert (found.low, found.high) == (pytest.approx(expected.low, abs=1e-9), pytest.approx(expected.high, abs=1e-9))
    assert wilson(0, 0) is None


def test_means_have_students_interval():
    rolls = random.Random(2)
    values = [rolls.gauss(0.2, 0.4) for _ in range(40)]
    found = mean(sum(values), sum(value**2 for value in values), len(values))
    low, high = stats.t.interval(0.95, 39, stats.tmean(values), stats.sem(values))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert mean(Decimal("0.5"), Decimal("0.25"), 1).low is None
    assert mean(0, 0, 0) is None
    assert net(3, 1, 4).value == 0.5


def test_skewed_means_have_the_bootstraps_interval():
    rolls = random.Random(5)
    values = [round(rolls.lognormvariate(6, 1)) for _ in range(60)]
    found = bootstrap_mean(values)
    peer = stats.bootstrap((values,), statistics.fmean, n_resamples=2_000, method="percentile", rng=1, vectorized=False)
    low, high = peer.confidence_interval
    assert found.value == pytest.approx(statistics.fmean(values))
    assert (found.low, found.high) == (pytest.approx(low, rel=0.05), pytest.approx(high, rel=0.05))
    assert found.high - found.value > found.value - found.low  # skewed, as the waits are
    assert bootstrap_mean(rolls.sample(values, 60)) == found
    assert bootstrap_mean([7]).low is None
    assert bootstrap_mean([]) is None


def test_percentiles_have_the_order_statistics_interval():
    covered = 0
    rolls = random.Random(3)
    for _ in range(400):
        values = [rolls.randrange(1_000_000) for _ in range(200)]
        found = percentile(values, 0.9, 900_000)
        covered += found.low <= 900_000 <= found.high
    assert covered / 400 >= 0.93
    assert percentile([5], 0.95, 5).low is None


def test_a_sketch_is_within_one_percent_and_adds_up():
    rolls = random.Random(4)
    values = [round(rolls.lognormvariate(6, 1.2)) for _ in range(20_000)]
    parts = [Sketch.of(values[start::7]) for start in range(7)]
    rows = [{"sketch_buckets": list(part.counts), "sketch_counts": list(part.counts.values())} for part in parts]
    whole = Sketch.merged(rows)
    assert whole.counts == Sketch.of(values).counts
    ordered = sorted(values)
    for fraction in (0.01, 0.5, 0.95, 0.99, 0.999):
        exact = ordered[int(fraction * (len(ordered) - 1))]
        assert abs(whole.quantile(fraction) - exact) <= ACCURACY * exact + 0.5
    assert Sketch().quantile(0.5) is None
    assert Sketch.of([0, 0]).quantile(0.5) == 1


def test_business_hours_across_a_change_of_clocks_and_a_holiday():
    weekdays = tuple(Opening(day, time(9), time(18)) for day in range(1, 8))
    calendar = BusinessHours("America/Sao_Paulo", weekdays, (Holiday(date(2018, 11, 5)),))
    # Summer time began on 2018-11-04 at midnight: 9:00 is 11:00 UTC from then on, 12:00 UTC before.
    friday = datetime(2018, 11, 3, 20, 30, tzinfo=UTC)  # 17:30
    sunday = datetime(2018, 11, 4, 11, 15, tzinfo=UTC)  # 9:15
    assert calendar.worked_ms(friday, sunday) == 45 * 60_000
    tuesday = datetime(2018, 11, 6, 11, 10, tzinfo=UTC)
    assert calendar.worked_ms(sunday, tuesday) == (8 * 60 + 45 + 10) * 60_000
    assert calendar.worked_ms(friday, friday) == 0


def test_business_hours_that_make_no_sense():
    from evosense.conversations.business_hours import check

    check([Opening(1, time(9), time(12)), Opening(1, time(13), None)])
    for wrong in (
        [Opening(1, time(12), time(9))],
        [Opening(1, time(9), time(12)), Opening(1, time(11), time(13))],
        [Opening(1, time(9), None), Opening(1, time(22), time(23))],
    ):
        with pytest.raises(InvalidInput):
            check(wrong)
