"""`python -m orchestration.warehouse`: build the warehouse, or run any dbt command against it."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg

from evosense.errors import EvoSenseError
from evosense.settings import DatabaseSettings, load
from orchestration.warehouse.build import Days
from orchestration.warehouse.graph import write_graph
from orchestration.warehouse.invoke import run_dbt
from orchestration.warehouse.live import write_live
from orchestration.warehouse.profile import dbt_environment
from orchestration.warehouse.run import build_warehouse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        settings = load(DatabaseSettings)
        if asked.command == "build":
            _build(settings, asked)
            return 0
        if asked.command == "graph":
            # Parsing touches no database, so none has to be there.
            environment = dbt_environment(settings.database_url or "postgresql://localhost", settings.data_dir)
            run_dbt(["parse"], environment)
            write_graph(Path(environment["DBT_TARGET_PATH"]) / "manifest.json")
            return 0
        if asked.command == "live":
            write_live()
            return 0
        environment = dbt_environment(settings.require_direct_url(), settings.data_dir)
        if asked.command == "env":
            sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
        else:
            run_dbt(asked.arguments, environment, quiet=False)
    except EvoSenseError as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    except psycopg.OperationalError:
        # Its text may name hosts and users.
        sys.stderr.write("The database of DATABASE_URL can't be reached; `evosense doctor` says why.\n")
        return 1
    return 0


def _build(settings: DatabaseSettings, asked: argparse.Namespace) -> None:
    built = build_warehouse(settings, days=_days(asked), full_refresh=asked.full, quiet=not asked.verbose)
    if not built.results:
        sys.stdout.write("Nothing is stale.\n")
        return
    known = built.backlog
    tests = sum(result.resource_type == "test" for result in built.results)
    sys.stdout.write(f"Built {known.days} tenant-days and {known.chats} chats; {tests} tests passed.\n")


def _days(asked: argparse.Namespace) -> Days | None:
    first, last = asked.day or asked.first, asked.day or asked.last
    if first is None and last is None:
        return None
    if first is None or last is None or first > last:
        raise SystemExit("--from and --to go together, the earlier day first")
    return Days(first, last, asked.tenant)


def _local_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write a day like 2026-11-20") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration.warehouse", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build what is stale, and the days or everything that is asked for")
    which = build.add_mutually_exclusive_group()
    which.add_argument("--dirty", action="store_true", help="only what is stale (the default)")
    which.add_argument("--day", type=_local_day, metavar="DAY", help="this local day of every tenant")
    which.add_argument("--from", dest="first", type=_local_day, metavar="DAY", help="from this local day on")
    which.add_argument("--full", action="store_true", help="everything, from nothing")
    build.add_argument("--to", dest="last", type=_local_day, metavar="DAY", help="up to this local day")
    build.add_argument("--tenant", type=UUID, metavar="ID", help="only this tenant's days")
    build.add_argument("--verbose", action="store_true", help="show what dbt says")
    commands.add_parser("env", help='print the variables of dbt/profiles.yml for a shell: eval "$(… env)"')
    commands.add_parser("graph", help="write the marts as Dagster assets, after a change of the dbt project")
    commands.add_parser("live", help="write the marts' SQL for serving, after a change of a model")
    dbt = commands.add_parser("dbt", help="run any dbt command: dbt docs generate")
    dbt.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


if __name__ == "__main__":
    sys.exit(main())
