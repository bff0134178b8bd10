"""Which timezones a company can have.

Looked at before one is stored: many queries cut days of all companies at once, and one that the database does not know
would end each of them for everybody.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from psycopg import AsyncConnection
from psycopg.errors import InvalidParameterValue

from evosense.db.named_queries import load
from evosense.errors import InvalidInput

_QUERIES = load("evosense.tenants")


async def check_timezone(connection: AsyncConnection[Any], timezone: str) -> None:
    """Both Python and Postgres count days, so both have to know the zone.

    Raises:
        InvalidInput: one of them doesn't; the caller's transaction is over.
    """
    message = "there is no such timezone; write an IANA name like America/Sao_Paulo"
    if timezone not in available_timezones():
        raise InvalidInput(message)
    try:
        await connection.execute(_QUERIES["know_timezone"], {"timezone": timezone})
    except InvalidParameterValue as error:
        raise InvalidInput(message) from error
