"""Lifecycle and stickiness of contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from evosense.metrics.retention.activity import Activity, first_day_of

StageName = Literal["new", "returning", "resurrecting", "dormant", "active"]


@dataclass(frozen=True, slots=True)
class Stage:
    """The contacts of one period: new + returning + resurrecting = active.

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
    returning: int
    resurrecting: int
    dormant: int
    active: int
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
    return [
        Stage(
            starts_on=first_day_of(period, known.grain),
            is_complete=period < known.current,
            **{name: len(contacts) for name, contacts in _stages(known, active, period).items()},
        )
        for period in range(first_period, last_period + 1)
    ]


def stage_contacts(known: Activity, period: int, stage: StageName) -> set[UUID]:
    """Who is behind one number of a period's lifecycle."""
    return _stages(known, known.by_period(), period)[stage]


def _stages(known: Activity, active: Mapping[int, set[UUID]], period: int) -> dict[StageName, set[UUID]]:
    here, before = active.get(period, set()), active.get(period - 1, set())
    new = {contact for contact in here if known.first[contact] == period}
    returning = (here & before) - new
    return {
        "new": new,
        "returning": returning,
        "resurrecting": here - new - returning,
        "dormant": before - here,
        "active": here,
    }


def stickiness(known: Activity, first_period: int, last_period: int) -> Stickiness:
    """How often those who wrote at all between two periods (both included) did so."""
    wanted = range(first_period, last_period + 1)
    counts = Counter(sum(period in wanted for period in periods) for periods in known.active.values())
    del counts[0]
    total = sum(counts.values())
    mean = sum(number * contacts for number, contacts in counts.items()) / (total * len(wanted)) if total else None
    return Stickiness({number: counts[number] for number in range(1, len(wanted) + 1)}, len(wanted), mean)
