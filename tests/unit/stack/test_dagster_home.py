"""Dagster's URL and files."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy
import yaml

from evosense.errors import ConfigurationError
from evosense.stack.dagster_home import dagster_database_url, write_dagster_home


@pytest.mark.parametrize(
    ("url", "host", "user", "secret"),
    [
        ("postgresql://ana:p%40ss%2Fw@db.example:6543/evosense?sslmode=require", "db.example", "ana", "p@ss/w"),
        ("postgres://ana@/evosense?host=/tmp/evosense-1&port=5432", "/tmp/evosense-1", "ana", None),
        ("postgresql+psycopg2://ana@/dagster?host=/tmp/evosense-1&port=5432", "/tmp/evosense-1", "ana", None),
        ("host=db.example user=ana dbname=evosense", "db.example", "ana", None),
    ],
)
def test_any_postgres_url_becomes_one_that_sqlalchemy_gives_to_psycopg2(
    url: str, host: str, user: str, secret: str | None
) -> None:
    made = sqlalchemy.make_url(dagster_database_url(url, database="dagster"))
    _, arguments = made.get_dialect()().create_connect_args(made)
    assert made.drivername == "postgresql+psycopg2"
    assert (arguments["host"], arguments["user"], arguments.get("password")) == (host, user, secret)
    assert arguments["dbname"] == "dagster"
    if "sslmode" in url:
        assert arguments["sslmode"] == "require"
        assert str(arguments["port"]) == "6543"


def test_a_text_that_is_no_url_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        dagster_database_url("my secret")
    assert "secret" not in str(caught.value)


def test_the_files_are_private_and_say_what_dagster_needs(tmp_path: Path) -> None:
    url = 'postgresql+psycopg2://a:"b@/dagster?host=x'
    write_dagster_home(tmp_path, database_url=url, code_host="127.0.0.1", code_port=4000, groups=3)
    instance = yaml.safe_load((tmp_path / "dagster.yaml").read_text())
    assert instance["storage"]["postgres"]["postgres_url"] == url
    assert instance["concurrency"]["runs"]["max_concurrent_runs"] == 8
    assert instance["run_monitoring"]["free_slots_after_run_end_seconds"] == 5
    assert instance["telemetry"] == {"enabled": False}
    workspace = yaml.safe_load((tmp_path / "workspace.yaml").read_text())
    assert workspace["load_from"][0]["grpc_server"]["port"] == 4000
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
