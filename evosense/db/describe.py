"""The schema as a page for people: docs/database.md is what this says of a migrated database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from evosense.db.named_queries import load

_QUERIES = load("evosense.db")
_INTRODUCTION = """\
# The database

Made by `make schema` from the migrations in `evosense/db/migrations`; a test fails when this page is old.
Migrations own the schemas `raw` and `app`; dbt owns `analytics` (see `dbt/models`).

## Isolation

Every table with a `tenant_id` has row level security enabled and forced, partitions included, and leads each of
its keys with `tenant_id`. A serving process is `evosense_api`: it sees the rows of `app.tenant_id`, a setting
that `tenant_transaction()` gives to one transaction; without it there are no rows. Ingestion, Dagster and dbt are
`evosense_pipeline`, whose policy is an explicit `USING (true)`: no role of ours has BYPASSRLS. Notebooks read as
`evosense_analyst`. `evosense_search` and `evosense_auth` can't log in; they own the few SECURITY DEFINER functions
(full text search, log-in) that need a wider view and put the tenant test inside.
"""


@dataclass(frozen=True, slots=True)
class _Table:
    """One table: its comment, key and how it is partitioned."""

    schema_name: str
    table_name: str
    comment: str | None
    partitioning: str | None
    partitions: int
    keys: list[str]


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of a table."""

    name: str
    type: str
    is_nullable: bool
    default_value: str | None


def describe(connection: Connection[Any]) -> str:
    """Markdown: one section per table of `raw` and `app`, in alphabetical order."""
    with connection.cursor(row_factory=class_row(_Table)) as cursor:
        tables = cursor.execute(_QUERIES["tables"]).fetchall()
    return "\n".join([_INTRODUCTION, *(_section(connection, table) for table in tables)])


def _section(connection: Connection[Any], table: _Table) -> str:
    with connection.cursor(row_factory=class_row(_Column)) as cursor:
        place = {"schema_name": table.schema_name, "table_name": table.table_name}
        columns = cursor.execute(_QUERIES["columns"], place).fetchall()
    lines = [f"## {table.schema_name}.{table.table_name}", "", table.comment or "", ""]
    if table.partitioning:
        lines += [f"Partitioned by {table.partitioning} into {table.partitions}.", ""]
    lines += ["| column | type | null | default |", "|---|---|---|---|"]
    lines += [
        f"| {column.name} | {column.type} | {'yes' if column.is_nullable else 'no'} | {_code(column.default_value)} |"
        for column in columns
    ]
    lines += ["", *(f"- `{key}`" for key in table.keys), ""]
    return "\n".join(lines)


def _code(text: str | None) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`" if text else ""
