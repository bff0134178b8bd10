"""`evosense migrate`, `evosense schema`, `evosense dagster-home`: the databases and what stands on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def migrate() -> None:
    """Bring the database up to date (the embedded one without DATABASE_URL). Safe to run again and at once."""
    import asyncio

    from evosense.db.migrate import migrate as apply
    from evosense.prompts.registry import seed_default
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import open_database

    with open_database(load(DatabaseSettings)) as url:
        applied = apply(url)
        asyncio.run(seed_default(url))
    for name in applied:
        print(f"applied {name}")
    print(f"{len(applied)} migrations applied" if applied else "the database is up to date")


def schema() -> None:
    """Print docs/database.md: what the migrations make, described from a fresh database."""
    from evosense.db.database import connect_sync
    from evosense.db.describe import describe
    from evosense.db.migrate import migrate as apply
    from evosense.stack.setup import scratch_database

    with scratch_database() as url:
        apply(url)
        with connect_sync(url, None) as connection:
            typer.echo(describe(connection), nl=False)


def dagster_home(
    code_host: Annotated[str, typer.Option(help="Where the code server listens, as the daemon sees it.")] = "127.0.0.1",
    code_port: Annotated[int, typer.Option(help="Its port.")] = 4000,
    home: Annotated[Path | None, typer.Option(help="The folder; default: DATA_DIR/dagster.")] = None,
) -> None:
    """Write dagster.yaml and workspace.yaml and make Dagster's database, as `evosense up` does. For containers."""
    from evosense.settings import DatabaseSettings, DrainSettings, load
    from evosense.stack.dagster_home import ensure_dagster_database, write_dagster_home
    from evosense.stack.setup import stack_database

    settings = load(DatabaseSettings)
    settings.require_direct_url()
    database = stack_database(settings)
    if not settings.dagster_database_url:
        ensure_dagster_database(database.direct_url)
    folder = home or settings.data_dir.absolute() / "dagster"
    write_dagster_home(
        folder,
        database_url=database.dagster_url,
        code_host=code_host,
        code_port=code_port,
        groups=load(DrainSettings).drain_groups,
    )
    print(f"wrote {folder}/dagster.yaml and workspace.yaml")
