"""Cohorts, lifecycle and stickiness against naive sets over every day of a random history."""

from __future__ import annotations

import random
from datetime import date, timedelta
from uuid import UUID

import pytest

from evosense.errors import InvalidInput
from evosense.metrics.retention.activity import Activity, activity_of, first_day_of, period_of
from evosense.metrics.retention.cohorts import BRACKETS, Rules, cohort_contacts, cohorts
from evosense.metrics.retention.contacts import contacts_seen
from evosense.metrics.retention.lifecycle import lifecycle, stage_contacts, stickiness

START, TODAY = date(2026, 2, 20), date(2026, 6, 17)


def history(seed: int) -> tuple[list[tuple[UUID, date]], dict[UUID, date]]:
    """Who wrote on which day, and first days that only the ledger knows."""
    rolls = random.Random(seed)
    days = [START + timedelta(days=n) for n in range((TODAY - START).days + 1)]
    pairs = [
        (UUID(int=contact), day)
        for contact in range(60)
        for day in days
        if rolls.random() < rolls.choice([0.005, 0.02, 0.1])
    ]
    return rolls.sample(pairs, len(pairs)), {UUID(int=0): date(2025, 12, 1), UUID(int=99): date(2026, 3, 3)}


def known(seed: int, grain) -> Activity:
    pairs, ledger = history(seed)
    return activity_of(pairs, ledger, grain, TODAY)


def label(day: date, grain) -> object:
    """The period of a day, said another way than by numbers."""
    return {"day": day, "week": day.isocalendar()[:2], "month": (day.year, day.month)}[grain]


@pytest.mark.parametrize("grain", ["day", "week", "month"])
def test_periods_are_those_of_the_calendar(grain):
    day = date(2024, 12, 20)
    while day < date(2025, 1, 20):
        number = period_of(day, grain)
        assert label(first_day_of(number, grain), grain) == label(day, grain)
        assert period_of(day + timedelta(days=1), grain) - number == (
            label(day + timedelta(days=1), grain) != label(day, grain)
        )
        day += timedelta(days=1)


@pytest.mark.parametrize("grain", ["day", "week", "month"])
@pytest.mark.parametrize("seed", range(3))
def test_lifecycle_is_what_sets_say(grain, seed):
    pairs, ledger = history(seed)
    activity = known(seed, grain)
    periods = range(period_of(START, grain), period_of(TODAY, grain) + 1)
    for stage, number in zip(lifecycle(activity, periods[0], periods[-1]), periods, strict=True):
        inside = {contact for contact, day in pairs if period_of(day, grain) == number}
        before = {contact for contact, day in pairs if period_of(day, grain) == number - 1}
        earlier = {contact for contact, day in pairs if period_of(day, grain) < number}
        earlier |= {contact for contact, day in ledger.items() if period_of(day, grain) < number}
        assert stage.active == len(inside)
        assert stage.new == len(inside - earlier)
        assert stage.returning == len(inside & before)
        assert stage.resurrecting == len((inside & earlier) - before)
        assert stage.dormant == len(before - inside)
        assert stage.new + stage.returning + stage.resurrecting == stage.active
        assert stage.is_complete == (number < period_of(TODAY, grain))


@pytest.mark.parametrize("grain", ["week", "month"])
@pytest.mark.parametrize("first_time", [True, False])
@pytest.mark.parametrize("kind", ["on", "on_or_after", "bracket", "every"])
def test_cohorts_are_what_sets_say(grain, first_time, kind):
    pairs, ledger = history(7)
    rules = Rules(kind=kind, first_time=first_time, periods=5)
    first, last, now = (period_of(day, grain) for day in (START, TODAY, TODAY))
    found = cohorts(known(7, grain), first, last, rules)
    active = {number: {c for c, day in pairs if period_of(day, grain) == number} for number in range(first, now + 1)}
    columns = list(BRACKETS) if kind == "bracket" else [(n, n) for n in range(6)]
    assert found.columns == columns
    for cohort, number in zip(found.cohorts, range(first, last + 1), strict=True):
        members = {
            contact
            for contact in {c for c, _ in pairs} | set(ledger)
            if min(
                [period_of(d, grain) for c, d in pairs if c == contact] + [period_of(ledger.get(contact, TODAY), grain)]
            )
            == number
            and (contact in ledger or any(c == contact for c, _ in pairs))
        }
        members = members if first_time else active.get(number, set())
        assert (cohort.starts_on, cohort.size) == (first_day_of(number, grain), len(members))
        for cell, (low, high) in zip(cohort.cells, columns, strict=True):
            if number + high >= now or not members:
                assert cell is None
                continue
            reached = [active.get(number + n, set()) for n in range(low, high + 1)]
            if kind == "on_or_after":
                reached = [active[n] for n in range(number + low, now + 1)]
            if kind == "every":
                reached = [set.intersection(set(members), *(active[number + n] for n in range(1, high + 1)))]
            back = members if (low, high) == (0, 0) else members & set().union(*reached)
            assert cell.value == pytest.approx(len(back) / len(members))


def test_on_or_after_never_rises_and_unknown_is_never_nought():
    found = cohorts(known(3, "week"), period_of(START, "week"), period_of(TODAY, "week"), Rules(kind="on_or_after"))
    for cohort in found.cohorts:
        values = [cell.value for cell in cohort.cells if cell]
        assert values == sorted(values, reverse=True)
    assert found.cohorts[-1].cells == [None] * 13


def test_previous_and_simple_are_other_questions():
    activity = activity_of(
        [
            (UUID(int=c), date(2026, 1, 5) + timedelta(weeks=w))
            for c, weeks in {1: (0, 1), 2: (0,), 3: (1,)}.items()
            for w in weeks
        ]
        + [(UUID(int=1), date(2026, 1, 19))],
        {},
        "week",
        date(2026, 2, 20),
    )
    first = period_of(date(2026, 1, 5), "week")
    whole = cohorts(activity, first, first + 1, Rules(periods=2))
    assert [cell.value for cell in whole.cohorts[0].cells if cell] == [1, 0.5, 0.5]
    assert [cell.value for cell in whole.cohorts[1].cells if cell] == [1, 0, 0]
    assert whole.means[1] == pytest.approx(1 / 3)
    assert cohorts(activity, first, first + 1, Rules(periods=2, mean="simple")).means[1] == pytest.approx(0.25)
    previous = cohorts(activity, first, first + 1, Rules(periods=2, reference="previous"))
    assert [cell.value for cell in previous.cohorts[0].cells if cell] == [1, 0.5, 1]


def test_stickiness_counts_periods():
    pairs, _ = history(5)
    found = stickiness(known(5, "week"), period_of(START, "week"), period_of(TODAY, "week"))
    weeks = {c: {day.isocalendar()[:2] for contact, day in pairs if contact == c} for c, _ in pairs}
    assert {n: count for n, count in found.contacts.items() if count} == {
        n: sum(len(each) == n for each in weeks.values()) for n in {len(each) for each in weeks.values()}
    }


@pytest.mark.parametrize("grain", ["week", "month"])
@pytest.mark.parametrize("kind", ["on", "on_or_after", "bracket", "every"])
def test_who_is_behind_a_cell_is_as_many_as_the_cell_says(grain, kind):
    activity, rules = known(7, grain), Rules(kind=kind, periods=4)
    first, last = period_of(START, grain), period_of(TODAY, grain)
    for cohort, period in zip(cohorts(activity, first, last, rules).cohorts, range(first, last + 1), strict=True):
        for column, cell in enumerate(cohort.cells):
            back, away = (
                cohort_contacts(activity, period, column, rules, came_back=came_back) for came_back in (True, False)
            )
            assert len(back) + len(away) == cohort.size
            assert not back & away
            if cell is not None:
                assert cell.value == pytest.approx(len(back) / cohort.size)
    with pytest.raises(InvalidInput, match="columns"):
        cohort_contacts(activity, first, 99, rules, came_back=True)


def test_who_is_behind_a_stage_is_as_many_as_the_stage_says():
    activity = known(1, "week")
    for stage in lifecycle(activity, period_of(START, "week"), period_of(TODAY, "week")):
        period = period_of(stage.starts_on, "week")
        for name in ("new", "returning", "resurrecting", "dormant", "active"):
            assert len(stage_contacts(activity, period, name)) == getattr(stage, name)


def test_contacts_are_told_latest_first_and_without_messages_too():
    activity = known(2, "week")
    everybody = set(activity.first)
    told = contacts_seen(activity, everybody, 500)
    assert told.n == len(everybody) == len(told.items)
    # The ledger remembers 99, of whom no message is left.
    forgotten = next(item for item in told.items if item.contact_id == UUID(int=99))
    assert (forgotten.last_on, forgotten.periods, forgotten.first_on) == (None, 0, date(2026, 3, 2))
    written = [item.last_on for item in told.items if item.last_on]
    assert written == sorted(written, reverse=True)
    assert (contacts_seen(activity, everybody, 3).n, len(contacts_seen(activity, everybody, 3).items)) == (told.n, 3)
