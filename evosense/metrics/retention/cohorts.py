"""Cohort retention: of those who began together, how many came back.

Definitions: facts of PostHog's and Amplitude's documentation, product-analytics/retention. "on": came back in period
N; "on or after": in N or later, so it never rises; "bracket": in any period of a range; "every": in each period up to
N. A period that is not over is unknown, never 0; so is one whose messages the plan no longer keeps, but for the one
in which a cohort began.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Literal

from evosense.errors import InvalidInput
from evosense.metrics.intervals import Interval, wilson
from evosense.metrics.retention.activity import Activity, first_day_of

Kind = Literal["on", "on_or_after", "bracket", "every"]
Reference = Literal["first", "previous"]
Mean = Literal["weighted", "simple"]
BRACKETS: tuple[tuple[int, int], ...] = ((0, 0), (1, 1), (2, 3), (4, 7), (8, 14), (15, 30))


@dataclass(frozen=True, slots=True)
class Rules:
    """How retention is counted.

    Attributes:
        kind: What coming back means.
        first_time: Cohorts of those whose first period ever it is; False: every active period opens a cohort.
        reference: Shares are of the whole cohort (`first`), or of those of the column before (`previous`).
        mean: The mean over cohorts weighs them by size, or all the same.
        periods: How many periods after the first are followed.
        brackets: For kind `bracket`, ranges of periods, both ends included.
    """

    kind: Kind = "on"
    first_time: bool = True
    reference: Reference = "first"
    mean: Mean = "weighted"
    periods: int = 12
    brackets: tuple[tuple[int, int], ...] = BRACKETS

    def columns(self) -> list[tuple[int, int]]:
        """The range of periods of each column."""
        if self.kind == "bracket":
            return list(self.brackets)
        return [(n, n) for n in range(self.periods + 1)]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who began in one period; a column is None where its periods are not over."""

    starts_on: date
    size: int
    cells: list[Interval | None]


@dataclass(frozen=True, slots=True)
class Retention:
    """Cohorts in order, the ranges of their columns, and the mean of each column over the cohorts that know it."""

    columns: list[tuple[int, int]]
    cohorts: list[Cohort]
    means: list[float | None]


def cohorts(known: Activity, first_period: int, last_period: int, rules: Rules) -> Retention:
    """Retention of the cohorts that begin in these periods, empty ones included."""
    columns = rules.columns()
    found = [_cohort(known, rules, period, columns) for period in range(first_period, last_period + 1)]
    return Retention(columns, found, [_mean(found, place, rules.mean) for place in range(len(columns))])


def cohort_contacts(known: Activity, cohort: int, column: int, rules: Rules, *, came_back: bool) -> Set[int]:
    """Who is behind one cell: those of the cohort who came back in the column's periods, or those who did not.

    Raises InvalidInput for a column that the rules do not have.
    """
    columns = rules.columns()
    if not 0 <= column < len(columns):
        message = f"There are {len(columns)} columns, counted from 0"
        raise InvalidInput(message)
    low, high = columns[column]
    members = _members(known, rules, cohort)
    back = _back(known, rules.kind, members, cohort, low, high)
    return back if came_back else members - back


def _members(known: Activity, rules: Rules, period: int) -> Set[int]:
    return known.began_in(period) if rules.first_time else known.wrote_in(period)


def _cohort(known: Activity, rules: Rules, period: int, columns: Sequence[tuple[int, int]]) -> Cohort:
    members = _members(known, rules, period)
    return Cohort(first_day_of(period, known.grain), len(members), _cells(known, rules, period, members, columns))


def _cells(
    known: Activity, rules: Rules, period: int, members: Set[int], columns: Sequence[tuple[int, int]]
) -> list[Interval | None]:
    cells: list[Interval | None] = []
    before = len(members)
    for low, high in columns:
        if period + high >= known.current or not _is_kept(known, rules, period, low, high):
            cells.append(None)
            continue
        back = len(_back(known, rules.kind, members, period, low, high))
        cells.append(wilson(back, before if rules.reference == "previous" else len(members)))
        before = back
    return cells


def _is_kept(known: Activity, rules: Rules, period: int, low: int, high: int) -> bool:
    """Whether everything that decides a cell is still there."""
    if not rules.first_time and not known.knows(period):
        return False  # who wrote then opens the cohort
    if low == high == 0:
        return True
    return known.knows(period + (1 if rules.kind == "every" else low))


def _back(known: Activity, kind: Kind, members: Set[int], period: int, low: int, high: int) -> Set[int]:
    """Those of the cohort who came back."""
    if low == high == 0:
        return members  # they began then, whatever has been deleted since
    if kind == "every":
        for n in range(1, high + 1):
            members = members & known.wrote_in(period + n)
        return members
    last = max(known.wrote, default=period) if kind == "on_or_after" else period + high
    return {member for n in range(period + low, last + 1) for member in members & known.wrote_in(n)}


def _mean(found: Sequence[Cohort], place: int, mean: Mean) -> float | None:
    cells = [cell for cohort in found if (cell := cohort.cells[place]) is not None]
    if not cells:
        return None
    if mean == "simple":
        return sum(cell.value for cell in cells) / len(cells)
    return sum(cell.value * cell.n for cell in cells) / sum(cell.n for cell in cells)
