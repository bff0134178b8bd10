"""`evosense ai …`: the ordered lists of AI backends, and work that was given up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

if TYPE_CHECKING:
    from psycopg import AsyncConnection

app = typer.Typer(name="ai", help="AI backends of everybody and of tenants; given-up work.", no_args_is_help=True)
_T = TypeVar("_T")
_Tenant = Annotated[UUID | None, typer.Option("--tenant", help="A tenant's own list; default: everybody's.")]


def _ask(question: Callable[[AsyncConnection[Any]], Awaitable[_T]]) -> _T:
    import asyncio

    from evosense.db.database import connect
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import open_database

    async def run(url: str) -> _T:
        async with await connect(url, "evosense_pipeline", autocommit=False) as connection:
            return await question(connection)

    with open_database(load(DatabaseSettings)) as url:
        return asyncio.run(run(url))


@app.command("list")
def list_backends() -> None:
    """Show every list, in the order in which backends are asked. Without any, the settings decide."""
    from evosense.ai.backend_list import read_lists
    from evosense.db.ids import EVERYONE

    lists = _ask(lambda connection: read_lists(connection, {}))
    if not lists:
        typer.echo("no lists; AI_PROVIDER and its settings decide")
    for tenant_id, specs in lists.items():
        typer.echo("everybody" if tenant_id == EVERYONE else str(tenant_id))
        for number, spec in enumerate(specs, 1):
            typer.echo(f"  {number}. {spec.name}: {spec.provider} {spec.model} {spec.url} ({spec.slots} slots)")


@app.command()
def add(
    name: str,
    provider: Annotated[str, typer.Option(help="embedded, n8n, ollama, openai, mcp or (of a tenant) student.")],
    url: Annotated[str, typer.Option(help="Its address.")] = "",
    model: Annotated[str, typer.Option(help="The model's name there.")] = "",
    tenant: _Tenant = None,
    position: Annotated[int | None, typer.Option(help="Place in the list; default: last.")] = None,
    secret: Annotated[str, typer.Option(help="Name of the secret in AI_SECRETS.")] = "",
    slots: Annotated[int, typer.Option(min=1, max=256, help="Calls in flight at most.")] = 16,
    timeout: Annotated[float, typer.Option(min=0.1, help="Deadline of a call in seconds.")] = 3.0,
    usd_in: Annotated[float, typer.Option(min=0, help="US dollars per million prompt tokens.")] = 0.0,
    usd_out: Annotated[float, typer.Option(min=0, help="US dollars per million generated tokens.")] = 0.0,
    params: Annotated[str, typer.Option(help='JSON sent along: {"num_ctx": 8192}.')] = "{}",
) -> None:
    """Add a backend, or replace the one of that name. Running drains take it up within half a minute."""
    import json

    from evosense.ai.backend_list import put_backend
    from evosense.ai.backend_spec import BackendSpec
    from evosense.db.ids import EVERYONE
    from evosense.errors import InvalidInput

    try:
        sent = json.loads(params)
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise InvalidInput('--params must be a JSON object, such as {"num_ctx": 8192}')
    spec = BackendSpec(
        name,
        provider,  # pyright: ignore[reportArgumentType] - `put_backend` checks it
        url,
        model,
        slots=slots,
        timeout_seconds=timeout,
        usd_per_mtok_in=usd_in,
        usd_per_mtok_out=usd_out,
        params=sent,
    )
    _ask(lambda c: put_backend(c, tenant or EVERYONE, spec, secret_name=secret, position=position))
    typer.echo(f"{name} is on the list; `evosense doctor` looks at it")


@app.command()
def remove(name: str, tenant: _Tenant = None) -> None:
    """Take a backend off a list."""
    from evosense.ai.backend_list import remove_backend
    from evosense.db.ids import EVERYONE

    _ask(lambda connection: remove_backend(connection, tenant or EVERYONE, name))


@app.command()
def failures(tenant: Annotated[UUID | None, typer.Option(help="Only this tenant's.")] = None) -> None:
    """Show what was given up, and why."""
    from evosense.ai.failures import list_failures

    found = _ask(lambda connection: list_failures(connection, tenant))
    if not found:
        typer.echo("nothing was given up")
    for one in found:
        typer.echo(f"{one.tasks:8} {one.kind} {one.purpose} {one.error_class} last {one.last_at:%Y-%m-%d %H:%M}")


@app.command()
def replay(
    error_class: Annotated[str | None, typer.Option("--error", help="Only of this class.")] = None,
    tenant: Annotated[UUID | None, typer.Option(help="Only this tenant's.")] = None,
) -> None:
    """Ask again for what was given up, behind live messages."""
    from evosense.ai.failures import replay as ask_again

    count = _ask(lambda connection: ask_again(connection, tenant_id=tenant, error_class=error_class))
    typer.echo(f"{count} tasks were asked for again")
