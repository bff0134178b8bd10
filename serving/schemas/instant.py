"""A point in time as clients send it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _in_utc(value: datetime) -> datetime:
    # Python takes offsets of up to a day, Postgres of less than 16 hours.
    try:
        return value.astimezone(UTC)
    except OverflowError:
        message = "this is outside the years 1 to 9999"
        raise ValueError(message) from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
