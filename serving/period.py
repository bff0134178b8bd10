"""The period of local days that a route is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from evosense.errors import InvalidInput

_FIRST, _LAST, _MAX_DAYS = date(2009, 1, 1), date(2199, 12, 31), 800
Day = Annotated[date, Field(ge=_FIRST, le=_LAST)]


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of a company, both included."""

    from_day: date
    to_day: date


async def period(
    from_day: Annotated[Day, Query(alias="from", description="First local day")],
    to_day: Annotated[Day, Query(alias="to", description="Last local day, included; 800 days at most")],
) -> Period:
    """The period that is asked for. Raises InvalidInput."""
    if from_day > to_day:
        message = "`from` must not be after `to`"
        raise InvalidInput(message)
    if to_day - from_day > timedelta(days=_MAX_DAYS):
        message = f"Ask for {_MAX_DAYS} days at most"
        raise InvalidInput(message)
    return Period(from_day, to_day)


PeriodDep = Annotated[Period, Depends(period)]
