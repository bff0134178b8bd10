"""docs/database.md says what the migrations make."""

from pathlib import Path

import psycopg

from evosense.db.describe import describe

PAGE = Path(__file__).resolve().parents[2] / "docs" / "database.md"


def test_the_page_is_current(schema_url: str) -> None:
    with psycopg.connect(schema_url) as connection:
        assert PAGE.read_text(encoding="utf-8") == describe(connection), "run: make schema"
