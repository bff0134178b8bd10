"""Alerts: bands by weekday, and rules of a company's own."""

from __future__ import annotations

import random
import statistics
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from evosense.metrics.alerts.bands import unusual
from evosense.metrics.alerts.rules import AlertRule, Condition, broken
from evosense.metrics.models import DailyKpis, Kpis, MessageFigures

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
    return [(alert.metric.name, alert.side) for alert in unusual(known, TODAY, k)]


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
    [alert] = [one for one in unusual(known, TODAY) if one.metric.name == "messages_in"]
    assert (alert.prompt_hashes, alert.coverage, alert.is_new_lineage) == (("p1:new",), 0.8, True)


def test_a_short_history_is_silent():
    short = {day: kpis for day, kpis in days(20, 20).items() if day > TODAY - timedelta(weeks=3)}
    assert alarmed(short) == []


CREATED = datetime(2026, 6, 1, tzinfo=UTC)


def rule(metric: str, condition: Condition, threshold: float) -> AlertRule:
    return AlertRule(uuid4(), metric, condition, threshold, CREATED)


def breaks(known: dict[date, DailyKpis], *rules: AlertRule) -> list[tuple[str, str, float | None, float | None]]:
    return [(alert.metric.name, alert.side, alert.low, alert.high) for alert in broken(rules, known, TODAY)]


def test_a_rule_about_a_value_is_broken_by_one_day_and_not_by_the_value_itself():
    known = days(250, 300)
    assert breaks(known, rule("messages_in", "below", 251)) == [("messages_in", "low", 251, None)]
    assert breaks(known, rule("messages_in", "above", 249)) == [("messages_in", "high", None, 249)]
    assert breaks(known, rule("messages_in", "below", 250), rule("messages_in", "above", 250)) == []


def test_a_rule_about_a_change_is_held_against_the_usual_weekday():
    known = {day: item for day, item in days(200, 300).items() if day >= TODAY - timedelta(weeks=4)}
    usual = statistics.median(known[TODAY - timedelta(weeks=back)].kpis.messages.messages_in for back in range(1, 5))
    [(_, _, low, high)] = breaks(known, rule("messages_in", "falls", 30))
    assert (low, high) == (pytest.approx(usual * 0.7), None)
    assert breaks(known, rule("messages_in", "falls", 40), rule("messages_in", "rises", 1)) == []
    short = {day: item for day, item in known.items() if day > TODAY - timedelta(weeks=4)}
    assert breaks(short, rule("messages_in", "falls", 30)) == []


def test_a_share_of_too_little_breaks_no_rule():
    def known(scored: int) -> dict[date, DailyKpis]:
        figures = MessageFigures(messages_in=scored, eligible=scored, scored=scored, negative=scored)
        return {TODAY: DailyKpis(TODAY, 0, is_open=False, kpis=Kpis(figures))}

    negative = rule("negative_pct", "above", 25)
    assert breaks(known(19), negative) == []
    assert breaks(known(20), negative) == [("negative_pct", "high", None, 25)]
    assert breaks({}, negative) == []


def test_whoever_makes_a_rule_about_a_metric_without_a_direction_wants_to_act():
    [ruled] = broken([rule("messages_in", "above", 10)], days(900, 300), TODAY)
    [usual] = unusual(days(900, 800), TODAY)
    assert (ruled.is_bad, usual.is_bad) == (True, False)
    known = days(300, 300)
    [good] = broken([rule("audio_without_text", "below", 1)], known, TODAY)
    assert good.is_bad is False
