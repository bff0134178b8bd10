"""Lifecycle and stickiness of contacts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from evosense.metrics.retention.activity import Activity, first_day_of


@dataclass(frozen=True, slots=True)
class Stage:
    """The contacts of one period: new + returning + resurrecting = active.

    None where the plan no longer keeps the messages that would tell.

    Attributes:
        starts_on: Its first local day.
        new: Their first message ever is in it.
        returning: They wrote in the period before, too.
        resurrecting: They wrote before, but not in the period before.
        dormant: They wrote in the period before and not in this one.
        active: Everybody who wrote in it.
        is_complete: The period is over; until then the figures can only move one way.
    """

    starts_on: date
    new: int
    returning: int | None
    resurrecting: int | None
    dormant: int | None
    active: int | None
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Stickiness:
    """In how many periods of a stretch contacts wrote: contacts by number of periods, 1 to all."""

    contacts: dict[int, int]
    periods: int
    mean_share: float | None


def lifecycle(known: Activity, first_period: int, last_period: int) -> list[Stage]:
    """The stages of each period from first to last."""
    active = known.by_period()
    stages: list[Stage] = []
    for period in range(first_period, last_period + 1):
        here, before = active.get(period, set()), active.get(period - 1, set())
        # Of a period that is deleted, the ledger still knows who began in it.
        new = {contact for contact, first in known.first.items() if first == period}
        new = new & here if known.knows(period) else new
        returning = here & before
        has_before = known.knows(period - 1)
        stages.append(
            Stage(
                starts_on=first_day_of(period, known.grain),
                new=len(new),
                returning=len(returning) if has_before else None,
                resurrecting=len(here - new - returning) if has_before else None,
                dormant=len(before - here) if has_before else None,
                active=len(here) if known.knows(period) else None,
                is_complete=period < known.current,
            )
        )
    return stages


def stickiness(known: Activity, first_period: int, last_period: int) -> Stickiness:
    """How often those who wrote at all between two periods (both included) did so."""
    wanted = range(first_period, last_period + 1)
    counts = Counter(sum(period in wanted for period in periods) for periods in known.active.values())
    del counts[0]
    total = sum(counts.values())
    mean = sum(number * contacts for number, contacts in counts.items()) / (total * len(wanted)) if total else None
    return Stickiness({number: counts[number] for number in range(1, len(wanted) + 1)}, len(wanted), mean)
