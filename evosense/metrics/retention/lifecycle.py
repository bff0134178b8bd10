"""Lifecycle and stickiness of contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from typing import Literal

from evosense.metrics.retention.activity import Activity, first_day_of

StageName = Literal["new", "returning", "resurrecting", "dormant", "active"]


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
    stages: list[Stage] = []
    for period in range(first_period, last_period + 1):
        found = _stages(known, period)
        counts = {name: None if contacts is None else len(contacts) for name, contacts in found.items()}
        new = counts.pop("new") or 0  # who began is always known: the ledger outlives the messages
        is_complete = period < known.current
        stages.append(Stage(first_day_of(period, known.grain), new, **counts, is_complete=is_complete))
    return stages


def stage_contacts(known: Activity, period: int, stage: StageName) -> Set[int]:
    """Who is behind one number of a period's lifecycle; nobody where the number is unknown."""
    return _stages(known, period)[stage] or set()


def _stages(known: Activity, period: int) -> dict[StageName, Set[int] | None]:
    here, before = known.wrote_in(period), known.wrote_in(period - 1)
    # Of a period that is deleted, the ledger still knows who began in it.
    began = known.began_in(period)
    new = began & here if known.knows(period) else began
    returning = (here & before) - new
    has_before = known.knows(period - 1)
    return {
        "new": new,
        "returning": returning if has_before else None,
        "resurrecting": here - new - returning if has_before else None,
        "dormant": before - here if has_before else None,
        "active": here if known.knows(period) else None,
    }


def stickiness(known: Activity, first_period: int, last_period: int) -> Stickiness:
    """How often those who wrote at all between two periods (both included) did so."""
    wanted = range(first_period, last_period + 1)
    times = Counter(contact for period in wanted for contact in known.wrote_in(period))
    counts = Counter(times.values())
    total = sum(counts.values())
    mean = sum(number * contacts for number, contacts in counts.items()) / (total * len(wanted)) if total else None
    return Stickiness({number: counts[number] for number in range(1, len(wanted) + 1)}, len(wanted), mean)
