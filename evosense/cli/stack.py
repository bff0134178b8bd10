"""`evosense up` and `evosense demo`: all processes on this machine, in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer

_Dagster = Annotated[bool, typer.Option("--dagster/--no-dagster", help="Leave Dagster out: nothing is scored then.")]


def up(dagster: _Dagster = True) -> None:
    """Start everything for real connections: database, listener, API, Dagster. Ctrl-C stops it, data is kept.

    Settings come from the environment or .env. Without DATABASE_URL an embedded Postgres runs in DATA_DIR.
    """
    from evosense.stack.setup import StackOptions
    from evosense.stack.up import run_stack

    run_stack(StackOptions(dagster=dagster))


def demo(
    history_days: Annotated[float, typer.Option(min=0, help="Days of conversations before today.")] = 60,
    rate: Annotated[float, typer.Option(min=0, help="Live messages a second, over all companies.")] = 0.5,
    dagster: _Dagster = True,
) -> None:
    """Start everything with two demo companies and a stand-in Evolution server that plays conversations.

    Needs no account and no network. Addresses and logins are printed and written to DATA_DIR/demo.json.
    """
    from evosense.stack.setup import StackOptions
    from evosense.stack.up import run_stack

    run_stack(StackOptions(demo=True, history_days=history_days, rate=rate, dagster=dagster))
