"""Every named query plans against the migrated schema: a renamed column fails here, not at three in the morning."""

import re

import psycopg
import pytest

from tests.house.mart_shells import create_marts
from tests.house.sql_files import NamedQuery, all_queries


def numbered(statement: str) -> str:
    """psycopg's %(name)s as $1, $2 …, as Postgres itself wants them."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return re.sub(r"%\((\w+)\)s", number, statement).replace("%%", "%")


@pytest.mark.parametrize("query", all_queries(), ids=str)
def test_query_plans(query: NamedQuery, schema_url: str) -> None:
    with psycopg.connect(schema_url) as connection, connection.transaction(force_rollback=True):
        if "analytics." in query.statement:
            create_marts(connection)
        # GENERIC_PLAN plans a statement with parameters and runs nothing (Postgres 16 and newer).
        connection.execute(f"explain (generic_plan) {numbered(query.statement)}".encode())
