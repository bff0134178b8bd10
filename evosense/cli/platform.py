"""`evosense platform …`: the people who run the platform."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

app = typer.Typer(name="platform", help="The people who run the platform.", no_args_is_help=True)


@app.callback()
def _platform() -> None:
    """The people who run the platform."""


@app.command("add-admin")
def add(
    email: Annotated[str, typer.Argument(help="The e-mail to log in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")] = "Platform",
) -> None:
    """Let somebody run the platform (POST /api/platform/login); prints a generated password, once."""
    from evosense.platform.admins import add_admin
    from evosense.tenants.passwords import hash_password

    password = secrets.token_urlsafe(16)
    _run(lambda connection: add_admin(connection, email=email, name=name, password_hash=hash_password(password)))
    print(f"log-in    {email}\npassword  {password}   (shown only now)")


@app.command()
def disable(email: Annotated[str, typer.Argument(help="Their e-mail.")]) -> None:
    """Somebody runs the platform no more; their tokens end at once."""
    from evosense.platform.admins import disable_admin

    _run(lambda connection: disable_admin(connection, email))
    print("disabled")


def _run(work: Callable[[Any], Awaitable[object]]) -> None:
    from evosense.db.database import connect
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import open_database

    async def run(url: str) -> None:
        async with await connect(url, "evosense_pipeline") as connection, connection.transaction():
            await work(connection)

    with open_database(load(DatabaseSettings)) as url:
        asyncio.run(run(url))
