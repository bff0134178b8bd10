"""Migrations: numbered plain-SQL files, applied once, in order, under a lock.

Each file runs in one transaction as `evosense_owner`, with a short lock timeout so that it never queues behind
a long query and stops the service. A file whose first line is `-- run-as: login` runs as the login itself
(roles, extensions). An applied file may not change: its checksum is kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Any, LiteralString, cast

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow

from evosense.db.database import connect_sync, server_away
from evosense.errors import ConfigurationError

# An arbitrary but fixed number: every migrating process locks the same one.
_LOCK = 7_319_244_501
_MIN_SERVER = 160_000
_MIN_VECTOR = (0, 8)
_RUN_AS_LOGIN = "-- run-as: login"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name without ending, its text and the SHA-256 of that."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Hex SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All files of `evosense/db/migrations`, in order. Raises ValueError when two carry one number."""
    folder = resources.files("evosense.db").joinpath("migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    found = [
        Migration(int(name[:4]), name.removesuffix(".sql"), folder.joinpath(name).read_text(encoding="utf-8"))
        for name in names
    ]
    if len({migration.number for migration in found}) != len(found):
        message = f"two migrations carry one number: {names}"
        raise ValueError(message)
    return found


def migrate(url: str) -> list[str]:
    """Bring the database at `url` up to date; answers the names that were applied now.

    Raises:
        ConfigurationError: the server can't be reached, is too old, has no pgvector, or an applied file changed.
    """
    with _connect(url) as connection:
        check_server(connection)
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        applied = _applied(connection)
        done: list[str] = []
        for migration in migrations():
            if migration.number in applied:
                _check_unchanged(migration, applied[migration.number])
            else:
                _apply(connection, migration)
                done.append(migration.name)
        return done


def pending(url: str) -> list[str]:
    """Names of the migrations that `url` still lacks."""
    with _connect(url) as connection:
        applied = _applied(connection)
    return [migration.name for migration in migrations() if migration.number not in applied]


async def missing(connection: AsyncConnection[Any]) -> list[str]:
    """The same for a process that serves: asked in its own role over a connection that is there."""
    try:
        rows = await (await connection.execute("select number from public.evosense_migration")).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        rows = []  # nothing was migrated, or nothing that lets this role see it
    applied = {int(row[0]) for row in rows}
    return [migration.name for migration in migrations() if migration.number not in applied]


def check_server(connection: Connection[TupleRow]) -> None:
    """Raise ConfigurationError unless the server is Postgres 16 or newer and offers pgvector 0.8 or newer."""
    version = connection.info.server_version
    if version < _MIN_SERVER:
        message = f"Postgres {version // 10_000} is too old: EvoSense needs 16 or newer"
        raise ConfigurationError(message)
    row = connection.execute("select default_version from pg_available_extensions where name = 'vector'").fetchone()
    if row is None:
        message = "this Postgres server has no pgvector: install the extension 'vector' (0.8 or newer) on it"
        raise ConfigurationError(message)
    if tuple(int(part) for part in str(row[0]).split(".")[:2]) < _MIN_VECTOR:
        message = f"pgvector {row[0]} is too old: EvoSense needs 0.8 or newer"
        raise ConfigurationError(message)


def _connect(url: str) -> Connection[TupleRow]:
    try:
        return connect_sync(url, None, autocommit=True)
    except psycopg.OperationalError as error:
        raise server_away(error) from error


def _applied(connection: Connection[TupleRow]) -> dict[int, str]:
    connection.execute(
        "create table if not exists public.evosense_migration ("
        "number integer primary key, name text not null, checksum text not null, "
        "applied_at timestamptz not null default now())"
    )
    rows = connection.execute("select number, checksum from public.evosense_migration").fetchall()
    return {int(number): str(checksum) for number, checksum in rows}


def _check_unchanged(migration: Migration, checksum: str) -> None:
    if migration.checksum != checksum:
        message = (
            f"migration {migration.name} was applied with another content; "
            "write a new migration instead of editing an applied one"
        )
        raise ConfigurationError(message)


def _apply(connection: Connection[TupleRow], migration: Migration) -> None:
    with connection.transaction():
        connection.execute("set local lock_timeout = '4s'")
        if not migration.text.startswith(_RUN_AS_LOGIN):
            connection.execute("set local role evosense_owner")
        connection.execute(cast("LiteralString", migration.text))
        connection.execute("set local role none")
        connection.execute(
            "insert into public.evosense_migration (number, name, checksum) values (%s, %s, %s)",
            (migration.number, migration.name, migration.checksum),
        )
