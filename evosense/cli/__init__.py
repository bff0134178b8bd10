"""The command `evosense`: one file a noun; a new noun is one line in `NOUNS`.

Files here stay light at import, so that `evosense --help` is quick: what is heavy is imported inside a command.
"""

from __future__ import annotations

import sys

import typer

from evosense.cli import (
    ai,
    backfill,
    billing,
    connections,
    database,
    doctor,
    evolution,
    experiments,
    keys,
    labels,
    listen,
    platform,
    privacy,
    replay,
    runs,
    score,
    shadows,
    stack,
    tenants,
    version,
    warehouse,
)
from evosense.errors import EvoSenseError

app = typer.Typer(
    name="evosense",
    help="EvoSense: WhatsApp conversations to scores, KPIs and search. Begin with `evosense demo`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

NOUNS: tuple[typer.Typer, ...] = (
    backfill.app,
    tenants.app,
    ai.app,
    connections.app,
    evolution.app,
    privacy.app,
    keys.app,
    warehouse.app,
    experiments.app,
    runs.app,
    shadows.app,
    labels.app,
    billing.app,
    platform.app,
)

for command in (
    stack.demo,
    stack.up,
    doctor.doctor,
    listen.listen,
    replay.replay,
    database.migrate,
    database.schema,
    score.score,
    experiments.compare,
    score.quality,
):
    app.command()(command)
app.command("dagster-home")(database.dagster_home)
app.command()(version.version)
for noun in NOUNS:
    app.add_typer(noun)


def main() -> None:
    """Entry point: an error that EvoSense can name is one sentence on standard error and exit status 2."""
    try:
        app()
    except EvoSenseError as error:
        sys.stderr.write(f"evosense: {error.detail}\n")
        raise SystemExit(2) from None
