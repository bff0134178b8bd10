"""The environment in which dbt finds our project, our profile and the database."""

from __future__ import annotations

from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from evosense.db.database import conninfo

PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt"


def dbt_environment(database_url: str, data_dir: Path) -> dict[str, str]:
    """The variables that dbt/profiles.yml reads, and where dbt writes (below `data_dir`, never into the checkout).

    Args:
        database_url: A Postgres URL; its host may be the folder of a Unix socket. Not through a transaction pooler:
            dbt takes on its role for the whole session.
        data_dir: The setting DATA_DIR.

    Raises:
        ConfigurationError: `database_url` is no Postgres URL.
    """
    known = conninfo_to_dict(conninfo(database_url))
    values = {
        "DBT_HOST": known.get("host", "localhost"),
        "DBT_PORT": known.get("port", "5432"),
        "DBT_USER": known.get("user", "postgres"),
        "DBT_ENV_SECRET_PASSWORD": known.get("password", ""),
        "DBT_DBNAME": known.get("dbname", known.get("user", "postgres")),
        "DBT_SSLMODE": known.get("sslmode", "prefer"),
    }
    places = {
        "DBT_PROJECT_DIR": PROJECT_DIR,
        "DBT_PROFILES_DIR": PROJECT_DIR,
        "DBT_TARGET_PATH": data_dir.resolve() / "dbt" / "target",
        "DBT_LOG_PATH": data_dir.resolve() / "dbt" / "logs",
    }
    return {name: str(value) for name, value in (values | places).items()}
