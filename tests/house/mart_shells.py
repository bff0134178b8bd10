"""The marts of dbt as empty tables, made from their contracts, for tests that plan queries and never run dbt."""

from __future__ import annotations

from pathlib import Path

import psycopg
import yaml
from psycopg import sql

_MARTS = Path(__file__).resolve().parents[2] / "dbt" / "models" / "marts"


def create_marts(connection: psycopg.Connection) -> None:
    """Make every mart with the columns and types that its contract enforces."""
    for path in sorted(_MARTS.glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(column["name"]), sql.SQL(column["data_type"]))
                for column in model["columns"]
            )
            name = sql.Identifier("analytics", model["name"])
            connection.execute(sql.SQL("create table {} ({})").format(name, columns))
