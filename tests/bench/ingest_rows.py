"""Rows as they lie in the tables that a flush writes, and how they get from one database to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# What a flush writes; in the order in which references allow it.
TABLES = (
    "raw.evolution_event", "app.identity", "app.contact", "app.chat", "app.identity_link", "app.message",
    "app.message_body", "app.media_ref", "app.message_origin", "app.ai_task", "app.dirty", "app.live_event",
)  # fmt: skip


@dataclass
class Rows:
    """Rows of a table with the columns they have."""

    columns: list[str]
    rows: Sequence[tuple[Any, ...]]


def rows_of(url: str) -> dict[str, Rows]:
    """All rows of each of the tables."""
    found: dict[str, Rows] = {}
    with psycopg.connect(url) as connection:
        for table in TABLES:
            columns = _columns(connection, table)
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            query = sql.SQL("select {} from {}").format(names, name_of(table))
            found[table] = Rows(columns, connection.execute(query).fetchall())
    return found


def pipe(one: psycopg.Connection, other: psycopg.Connection, table: str) -> None:
    """All rows of a table, columns that are computed left out."""
    columns = sql.SQL(", ").join(map(sql.Identifier, _columns(one, table)))
    out = sql.SQL("copy (select {} from {}) to stdout (format binary)").format(columns, name_of(table))
    into = sql.SQL("copy {} ({}) from stdin (format binary)").format(name_of(table), columns)
    with one.cursor().copy(out) as source, other.cursor().copy(into) as target:
        for block in source:
            target.write(block)


def _columns(connection: psycopg.Connection, table: str) -> list[str]:
    query = (
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        " and attgenerated = '' and attidentity <> 'a' order by attnum"
    )
    return [row[0] for row in connection.execute(query, [table]).fetchall()]


def name_of(table: str) -> sql.Identifier:
    """The table's name, quoted."""
    return sql.Identifier(*table.split("."))
