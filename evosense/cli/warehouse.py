"""`evosense warehouse …`: KPIs and conversations, built by dbt."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(name="warehouse", help="KPIs and conversations, built by dbt.", no_args_is_help=True)


@app.callback()
def _warehouse() -> None:
    """KPIs and conversations, built by dbt."""


@app.command()
def build(
    dirty: Annotated[bool, typer.Option("--dirty", help="Only what is stale (the default).")] = False,
    day: Annotated[str | None, typer.Option(help="This local day of every tenant: 2026-11-20.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="From this local day on.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Up to this local day.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's days (its id).")] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything, from nothing.")] = False,
    verbose: Annotated[bool, typer.Option(help="Show what dbt says.")] = False,
) -> None:
    """Build what is stale, and the days or everything that is asked for. Serving is right without it, only slower."""
    options = {"--day": day, "--from": first, "--to": last, "--tenant": tenant}
    switches = {"--dirty": dirty, "--full": full, "--verbose": verbose}
    named = [part for name, value in options.items() if value for part in (name, value)]
    _run("build", *named, *(name for name, chosen in switches.items() if chosen))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def dbt(context: typer.Context) -> None:
    """Run any dbt command against the warehouse: evosense warehouse dbt docs generate."""
    _run("dbt", *context.args)


def _run(*arguments: str) -> None:
    """Run `python -m orchestration.warehouse`: the domain imports no dbt."""
    import os
    import subprocess
    import sys

    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import open_database

    with open_database(load(DatabaseSettings)) as url:
        environment = {**os.environ, "DATABASE_URL": url, "DATABASE_DIRECT_URL": url}
        command = [sys.executable, "-m", "orchestration.warehouse", *arguments]
        raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603
