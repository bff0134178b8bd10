"""Bands by weekday, intervals, sketches, calendars."""

from __future__ import annotations

import random
import statistics
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from scipy import stats

from evosense.conversations.business_hours import BusinessHours, Holiday, Opening
from evosense.errors import InvalidInput
from evosense.metrics.alerts import find_alerts
from evosense.metrics.intervals import bootstrap_mean, mean, net, percentile, wilson
from evosense.metrics.models import DailyKpis, Kpis, MessageFigures
from evosense.metrics.sketch import ACCURACY, Sketch

TODAY = date(2026, 6, 10)


def days(today: int, yesterday: int, *, scored: int = 200) -> dict[date, DailyKpis]:
    rolls = random.Random(1)
    counts = {TODAY - timedelta(days=back): 300 + rolls.randrange(-20, 20) for back in range(200)}
    counts |= {TODAY: today, TODAY - timedelta(days=1): yesterday}
    return {
        day: DailyKpis(day, 0, is_open=False, kpis=Kpis(MessageFigures(messages_in=count, scored=scored)))
        for day, count in counts.items()
    }


def alarmed(known: dict[date, DailyKpis], k: float = 3.5) -> list[tuple[str, str]]:
    return [(alert.metric.name, alert.side) for alert in find_alerts(known, TODAY, k)]


def test_two_strange_days_alarm_and_one_does_not():
    assert alarmed(days(20, 25)) == [("messages_in", "low")]
    assert alarmed(days(900, 800)) == [("messages_in", "high")]
    assert alarmed(days(20, 300)) == alarmed(days(300, 20)) == alarmed(days(900, 20)) == alarmed(days(305, 295)) == []


def test_k_widens_the_band():
    assert alarmed(days(180, 190)) == [("messages_in", "low")]
    assert alarmed(days(180, 190), k=20) == []


def test_where_most_weekdays_are_the_same_the_others_make_the_band():
    def known(today: int) -> dict[date, DailyKpis]:
        counts = {TODAY - timedelta(days=back): 300 if back % 21 else 360 for back in range(2, 200)}
        counts |= {TODAY: today, TODAY - timedelta(days=1): today}
        return {
            day: DailyKpis(day, 0, is_open=False, kpis=Kpis(MessageFigures(messages_in=n))) for day, n in counts.items()
        }

    assert alarmed(known(301)) == []  # the median deviation is 0: one message more is no news
    assert alarmed(known(700)) == [("messages_in", "high")]


def test_an_alert_says_what_scored_and_whether_that_is_new():
    known = {
        day: DailyKpis(
            day,
            0,
            is_open=False,
            kpis=Kpis(
                MessageFigures(
                    messages_in=kpis.kpis.messages.messages_in,
                    eligible=50,
                    scored=40,
                    prompt_hashes=("p1:new",) if day >= TODAY - timedelta(days=1) else ("p1:old",),
                )
            ),
        )
        for day, kpis in days(20, 25).items()
    }
    [alert] = [one for one in find_alerts(known, TODAY) if one.metric.name == "messages_in"]
    assert (alert.prompt_hashes, alert.coverage, alert.is_new_lineage) == (("p1:new",), 0.8, True)


def test_a_short_history_is_silent():
    short = {day: kpis for day, kpis in days(20, 20).items() if day > TODAY - timedelta(weeks=3)}
    assert alarmed(short) == []


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
