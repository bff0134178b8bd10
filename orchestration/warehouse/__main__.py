"""`python -m orchestration.warehouse`: build the warehouse, or run any dbt command against it."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from evosense.errors import EvoSenseError
from evosense.settings import DatabaseSettings, load
from orchestration.warehouse.build import Days, prepared
from orchestration.warehouse.invoke import run_dbt
from orchestration.warehouse.profile import dbt_environment


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit status."""
    asked = _parser().parse_args(arguments)
    settings = load(DatabaseSettings)
    try:
        url = settings.require_direct_url()
        environment = dbt_environment(url, settings.data_dir)
        if asked.command == "build":
            _build(url, environment, asked)
        elif asked.command == "env":
            sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
        else:
            run_dbt(asked.arguments, environment)
    except EvoSenseError as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    return 0


def _build(url: str, environment: dict[str, str], asked: argparse.Namespace) -> None:
    days = _days(asked)
    with prepared(url, days=days, full_refresh=asked.full) as build:
        if build.is_empty:
            sys.stdout.write("Nothing is stale.\n")
            return
        known = build.backlog
        sys.stdout.write(f"Building {known.days} days ({known.closed_days} of them closed), {known.chats} chats …\n")
        run_dbt(build.arguments, environment, quiet=not asked.verbose)
    sys.stdout.write("The warehouse is up to date.\n")


def _days(asked: argparse.Namespace) -> Days | None:
    first, last = asked.day or asked.first, asked.day or asked.last
    if first is None and last is None:
        return None
    if first is None or last is None or first > last:
        raise SystemExit("--from and --to go together, the earlier day first")
    return Days(first, last, asked.tenant)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration.warehouse", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build what is stale, and the days or everything that is asked for")
    which = build.add_mutually_exclusive_group()
    which.add_argument("--dirty", action="store_true", help="only what is stale (the default)")
    which.add_argument("--day", type=date.fromisoformat, metavar="DAY", help="this local day of every tenant")
    which.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY", help="from this local day on")
    which.add_argument("--full", action="store_true", help="everything, from nothing")
    build.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY", help="up to this local day")
    build.add_argument("--tenant", type=UUID, metavar="ID", help="only this tenant's days")
    build.add_argument("--verbose", action="store_true", help="show what dbt says")
    commands.add_parser("env", help="print the variables of dbt/profiles.yml for a shell: eval \"$(… env)\"")
    dbt = commands.add_parser("dbt", help="run any dbt command: dbt docs generate")
    dbt.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


if __name__ == "__main__":
    sys.exit(main())
