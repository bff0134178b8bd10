"""When a build is due, and where dbt finds the database."""

from datetime import date
from pathlib import Path

import pytest

from evosense.errors import ConfigurationError
from evosense.metrics.staleness import Backlog
from orchestration.defs.analytics.automation import is_due, ranges_of
from orchestration.warehouse.__main__ import main
from orchestration.warehouse.profile import PROJECT_DIR, dbt_environment


@pytest.mark.parametrize(
    ("waiting", "built", "seconds", "due"),
    [
        (Backlog(0, 0, 0), False, float("inf"), False),
        (Backlog(1, 1, 0), False, 1, True),
        (Backlog(0, 0, 0), True, float("inf"), False),
        (Backlog(5, 2, 1), True, 599, False),
        (Backlog(5, 2, 1), True, 600, True),
        (Backlog(5, 1, 0), True, 3599, False),
        (Backlog(5, 1, 0), True, 3600, True),
    ],
)
def test_a_build_waits_for_what_is_over(waiting, built, seconds, due):
    assert is_due(waiting, built=built, seconds_since_last=seconds, refresh_seconds=600) is due


def test_what_is_stale_becomes_few_ranges_of_partitions():
    known = [f"2026-01-{day:02}" for day in range(5, 31)]

    def ranges(*days):
        return [(a.day, b.day) for a, b in ranges_of([date(2026, 1, day) for day in days], known)]

    assert ranges() == []
    assert ranges(7, 6, 9, 20) == [(6, 7), (9, 9), (20, 20)]
    assert ranges(6, 8, 10, 12, 13) == [(6, 13)]  # each range is a run: holes are cheaper
    assert ranges(1, 2) == [(30, 30)]  # before the first partition: the build does it, the newest one tells of it
    assert ranges(1, 6, 31) == [(6, 6)]


def test_dbt_is_told_where_the_database_is(tmp_path):
    told = dbt_environment("postgresql://user:se%20cret@db.example:6543/evosense?sslmode=require", tmp_path)
    assert {name: told[name] for name in ("DBT_HOST", "DBT_PORT", "DBT_USER", "DBT_DBNAME", "DBT_SSLMODE")} == {
        "DBT_HOST": "db.example",
        "DBT_PORT": "6543",
        "DBT_USER": "user",
        "DBT_DBNAME": "evosense",
        "DBT_SSLMODE": "require",
    }
    assert told["DBT_ENV_SECRET_PASSWORD"] == "se cret"
    assert Path(told["DBT_TARGET_PATH"]) == tmp_path / "dbt" / "target"
    assert (PROJECT_DIR / "dbt_project.yml").is_file()


def test_a_socket_folder_is_a_host(tmp_path):
    told = dbt_environment("postgresql://postgres@/evosense?host=/run/pg&port=5433", tmp_path)
    assert (told["DBT_HOST"], told["DBT_PORT"]) == ("/run/pg", "5433")


def test_what_is_no_url_is_one_clear_error(tmp_path):
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        dbt_environment("postgresql://[", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["build", "--day", "yesterday"], "write a day like 2026-11-20"),
        (["build", "--from", "2026-11-05"], "--from and --to go together"),
        (["build", "--from", "2026-11-05", "--to", "2026-11-04"], "the earlier day first"),
        (["build", "--full", "--day", "2026-11-05"], "not allowed with argument"),
    ],
)
def test_a_wrong_order_is_one_clear_sentence(arguments, sentence, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert sentence in f"{refused.value.code} {capsys.readouterr().err}"


def test_a_server_that_is_away_is_one_clear_sentence(monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")
    monkeypatch.delenv("DATABASE_DIRECT_URL", raising=False)
    assert main(["build"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
