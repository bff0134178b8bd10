"""Dagster's own configuration: DAGSTER_HOME with dagster.yaml and workspace.yaml, and its own database.

The same function serves `evosense up` and containers (`evosense dagster-home`). Why each value:
- `postgresql+psycopg2`: SQLAlchemy 2.1 reads plain `postgresql://` as psycopg 3, and Dagster's NOTIFY fails on it;
- dequeue every second: the default of 5 s only adds waiting before a run;
- `free_slots_after_run_end_seconds`: without it a killed run holds its pool slot for ever;
- no compute logs: each run would keep four more processes (`tail` and its watchers) and files that nobody purges;
  what a run prints goes to the code server's log;
- room for runs: two overlapping drains for each shard group, and two more for backfills and dbt.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from evosense.errors import ConfigurationError
from evosense.stack.folder import write_private

DATABASE = "dagster"
_SCHEME = "postgresql+psycopg2"

_INSTANCE = """\
# Written by EvoSense at every start (evosense/stack/dagster_home.py, which says why); changes here are lost.
storage:
  postgres:
    postgres_url: {url}
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {{dequeue_interval_seconds: 1, dequeue_use_threads: true, dequeue_num_workers: 2}}
concurrency:
  runs: {{max_concurrent_runs: {runs}}}
  pools: {{granularity: op, default_limit: {pool}}}
run_monitoring:
  enabled: true
  poll_interval_seconds: 10
  start_timeout_seconds: 180
  free_slots_after_run_end_seconds: 5
run_retries: {{enabled: true, max_retries: 0}}
sensors: {{use_threads: true, num_workers: 2}}
schedules: {{use_threads: true, num_workers: 2}}
retention:
  schedule: {{purge_after_days: 7}}
  sensor: {{purge_after_days: {{skipped: 1, started: 1, success: 7, failure: 7}}}}
telemetry: {{enabled: false}}
nux: {{enabled: false}}
"""
_WORKSPACE = """\
load_from:
  - grpc_server: {{host: {host}, port: {port}, location_name: evosense}}
"""


def write_dagster_home(home: Path, *, database_url: str, code_host: str, code_port: int, groups: int = 1) -> None:
    """Write both files (mode 0600: the URL may hold a password). `database_url` as `dagster_database_url` gives it."""
    home.mkdir(parents=True, exist_ok=True)
    instance = _INSTANCE.format(url=json.dumps(database_url), runs=2 * groups + 2, pool=2 * groups)
    write_private(home / "dagster.yaml", instance)
    write_private(home / "workspace.yaml", _WORKSPACE.format(host=json.dumps(code_host), port=code_port))


def dagster_database_url(url: str, *, database: str | None = None, user: str | None = None) -> str:
    """Any Postgres URL (or key=value text) as the SQLAlchemy URL that Dagster needs.

    Raises:
        ConfigurationError: it can't be read.
    """
    try:
        plain = "postgresql" + url.removeprefix(_SCHEME) if url.startswith(_SCHEME) else url
        params = {key: str(value) for key, value in conninfo_to_dict(plain).items() if value is not None}
    except psycopg.ProgrammingError as error:
        message = "DAGSTER_DATABASE_URL can't be read as a Postgres URL; write postgresql://user:password@host/dagster"
        raise ConfigurationError(message) from error
    if user is not None:
        params |= {"user": user}
        params.pop("password", None)
    login = quote(params.pop("user", ""), safe="")
    secret = f":{quote(params.pop('password'), safe='')}" if "password" in params else ""
    name = quote(database or params.get("dbname", DATABASE), safe="")
    params.pop("dbname", None)
    return f"{_SCHEME}://{login}{secret}@/{name}?{urlencode(params)}"


def ensure_dagster_database(url: str, *, role: str | None = None) -> bool:
    """Make the database `dagster` on the server of `url` (and the role that owns it); True when it is new.

    Raises:
        ConfigurationError: the login may not create databases.
    """
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
            return False
        try:
            _create(connection, role)
        except psycopg.errors.InsufficientPrivilege as refusal:
            message = (
                f"The login of DATABASE_URL may not create the database {DATABASE!r}: "
                f"run `create database {DATABASE}` as an administrator, or set DAGSTER_DATABASE_URL."
            )
            raise ConfigurationError(message) from refusal
    return True


def _create(connection: psycopg.Connection[tuple[object, ...]], role: str | None) -> None:
    if role is not None:
        if connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone() is None:
            connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        owner = sql.SQL(" owner {}").format(sql.Identifier(role))
    else:
        owner = sql.SQL("")
    connection.execute(sql.SQL("create database {}{}").format(sql.Identifier(DATABASE), owner))
