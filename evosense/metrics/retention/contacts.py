"""The contacts behind a number of retention or lifecycle."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from evosense.metrics.retention.activity import Activity, first_day_of


@dataclass(frozen=True, slots=True)
class ContactSeen:
    """A contact, and when it wrote.

    Attributes:
        contact_id: Who.
        first_on: First day of the period of its first message ever.
        last_on: First day of the period in which it wrote last; None where every message has been deleted since.
        periods: In how many periods it wrote.
    """

    contact_id: UUID
    first_on: date
    last_on: date | None
    periods: int


@dataclass(frozen=True, slots=True)
class ContactList:
    """`n` contacts, and the first of them: those who wrote last come first."""

    n: int
    items: list[ContactSeen]


def contacts_seen(known: Activity, wanted: Set[int], limit: int) -> ContactList:
    """What is known of these contacts, at most `limit` of them."""
    last = dict(known.first)
    for period in sorted(known.wrote):
        last |= dict.fromkeys(known.wrote[period] & wanted, period)
    chosen = sorted(wanted, key=lambda contact: (-last[contact], contact))[:limit]
    return ContactList(len(wanted), [_seen(known, contact) for contact in chosen])


def _seen(known: Activity, contact: int) -> ContactSeen:
    periods = [period for period, contacts in known.wrote.items() if contact in contacts]
    return ContactSeen(
        contact_id=UUID(int=contact),
        first_on=first_day_of(known.first[contact], known.grain),
        last_on=first_day_of(max(periods), known.grain) if periods else None,
        periods=len(periods),
    )
