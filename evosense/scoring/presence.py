"""Which drains are there: each holds a LISTEN connection that carries its name."""

from __future__ import annotations

from evosense.db.database import connect_sync
from evosense.db.named_queries import load

_QUERIES = load("evosense.scoring")
_PREFIX = "evosense drain "


def application_name(drain: str) -> str:
    """The name of a drain's connection; `drain` has at most 48 characters, or Postgres cuts it."""
    return f"{_PREFIX}{drain}"


def present_drains(url: str) -> set[str]:
    """Names of the drains connected now. Connects as the login itself: roles may not see each other's sessions."""
    with connect_sync(url, None, autocommit=True) as connection:
        rows = connection.execute(_QUERIES["present_drains"], {"prefix": _PREFIX}).fetchall()
    return {str(row[0]).removeprefix(_PREFIX) for row in rows}
