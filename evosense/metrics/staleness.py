"""What the warehouse has to compute again: marked before a build, cleared after it, one build at a time.

app.dirty is written by whoever changes a message, score or link, in the transaction of the change. `mark` turns its
rows into spans of chats and days (app.stale_chat, app.stale_day) in one statement, dbt rebuilds what is marked, and
`clear` forgets the marks when dbt succeeded. A build that dies leaves the marks, so the next one does its work; until
then serving reads the marked chats and days from app. Used by the pipeline's role with blocking connections.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from evosense.db.named_queries import load
from evosense.metrics.shape import MARTS_SHAPE

_QUERIES = load("evosense.metrics", "staleness.sql")


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits for the next build. `closed_days` of the `days` are over in their tenant's timezone."""

    chats: int
    days: int
    closed_days: int


@contextmanager
def turn(connection: Connection[Any]) -> Generator[None]:
    """Holds the one right to mark and build; waits for whoever has it. `connection` must be autocommit, unpooled."""
    connection.execute(_QUERIES["take_turn"])
    try:
        yield
    finally:
        connection.execute(_QUERIES["let_go"])


@contextmanager
def turn_if_free(connection: Connection[Any]) -> Generator[bool]:
    """As `turn`, but yields False at once when somebody else builds."""
    row = connection.execute(_QUERIES["try_to_take_turn"]).fetchone()
    is_ours = bool(row and row[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            connection.execute(_QUERIES["let_go"])


def is_built(connection: Connection[Any]) -> bool:
    """Whether all marts exist as they are to be now, so that a build can be incremental and `mark` can look at them."""
    row = connection.execute(_QUERIES["is_built"], {"shape": MARTS_SHAPE}).fetchone()
    return bool(row and row[0])


def clock(connection: Connection[Any]) -> datetime:
    """The time of the database."""
    row = connection.execute(_QUERIES["now"]).fetchone()
    if row is None:
        raise AssertionError
    return row[0]


def mark(connection: Connection[Any]) -> None:
    """Turn everything in app.dirty into marks, and take the marked days for a build. Call it within a `turn`."""
    name = "mark" if is_built(connection) else "mark_before_first_build"
    connection.execute(_QUERIES[name])
    connection.execute(_QUERIES["take_days"])


def ask_for_days(connection: Connection[Any], from_day: date, to_day: date, tenant_id: UUID | None = None) -> None:
    """Ask for these local days (both included) to be built again, whether or not anything says they are stale.

    `tenant_id` None means every tenant's day of that date. Call it within a `turn`, before `mark`.
    """
    values = {"from_day": from_day, "to_day": to_day, "tenant_id": tenant_id}
    with connection.transaction():
        connection.execute(_QUERIES["ask_for_days"], values)
        if is_built(connection):
            connection.execute(_QUERIES["ask_for_conversations"], values)


def last_project(connection: Connection[Any]) -> str | None:
    """With which text of the dbt project the warehouse was built last; None where it never was."""
    row = connection.execute(_QUERIES["last_project"]).fetchone()
    return row[0] if row else None


def clear(connection: Connection[Any], began_at: datetime, project: str) -> None:
    """Forget the marks that `mark` took, because the build that began then succeeded. Call it within the same `turn`.

    `project` is the text of the dbt project that it was built with.
    """
    with connection.transaction():
        values = {"began_at": began_at, "shape": MARTS_SHAPE, "project": project}
        connection.execute(_QUERIES["remember_build"], values)
        connection.execute(_QUERIES["forget_builds"])
        connection.execute(_QUERIES["clear_chats"])
        connection.execute(_QUERIES["clear_days"])


def backlog(connection: Connection[Any]) -> Backlog:
    """How much is marked, over all tenants."""
    with connection.cursor(row_factory=class_row(Backlog)) as cursor:
        found = cursor.execute(_QUERIES["backlog"]).fetchone()
    return found or Backlog(0, 0, 0)


def stale_days(connection: Connection[Any]) -> list[date]:
    """The local days that are marked for any tenant, in order."""
    return [row[0] for row in connection.execute(_QUERIES["marked_days"])]
