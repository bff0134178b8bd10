"""Embedded servers for tests of the embedded server itself."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from evosense.db.embedded import EmbeddedPostgres

Make = Callable[..., EmbeddedPostgres]


def scalar(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row[0]
