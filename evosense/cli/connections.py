"""`evosense connections …`: the WhatsApp numbers that are listened to."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

app = typer.Typer(name="connections", help="The WhatsApp numbers that are listened to.", invoke_without_command=True)

_Answer = TypeVar("_Answer")


@app.callback()
def connections(
    context: typer.Context,
    tenant: Annotated[str | None, typer.Option(help="Only this company (id).")] = None,
) -> None:
    """List the connections with their states; see the commands for adding, pausing and removing."""
    if context.invoked_subcommand is not None:
        return
    from evosense.connections.repository import list_connections

    found = _with_database(lambda connection: list_connections(connection, UUID(tenant) if tenant else None))
    for one in found:
        heard = f"{one.last_event_at:%Y-%m-%d %H:%M:%S}Z" if one.last_event_at else "never"
        state = f"{one.state} ({one.state_reason})" if one.state_reason else one.state
        print(
            f"{one.id}  {one.name:20} {state:24} phone {one.whatsapp_state or '?':10} heard {heard}  {one.server_url}"
        )
    if not found:
        print("no connections yet: evosense connections add NAME --tenant ID --server URL --instance X")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What your people call it.")],
    tenant: Annotated[str, typer.Option(help="The company's id (evosense tenants list).")],
    instance: Annotated[str, typer.Option(help="The instance's name on the Evolution server.")],
    server: Annotated[str | None, typer.Option(help="The server's address; EVO_BASE_URL when left out.")] = None,
    transport: Annotated[str, typer.Option(help="socketio, webhook or raw_websocket.")] = "socketio",
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
) -> None:
    """Add a connection; asks for the instance's token (or the server's global key), which is stored encrypted."""
    from evosense.billing.places import add_connection
    from evosense.errors import InvalidInput
    from evosense.settings import EvolutionSettings, load
    from evosense.stack.setup import secret_key
    from evosense.tenants.keys import MasterKey
    from evosense.tenants.repository import open_keys

    if transport not in ("socketio", "webhook", "raw_websocket"):
        raise InvalidInput("--transport must be socketio, webhook or raw_websocket")
    token = sys.stdin.readline().strip() if token_stdin else typer.prompt("Token", hide_input=True)
    master = MasterKey.from_secret(secret_key(_settings()))

    async def run(connection: Any) -> UUID:
        keys = await open_keys(connection, master, UUID(tenant))
        return await add_connection(
            connection,
            keys,
            name=name,
            server_url=server or load(EvolutionSettings).evo_base_url,
            instance=instance,
            token=token,
            transport=transport,
        )

    print(f"connection {_with_database(run)} added; the listener joins it within seconds")


@app.command()
def remove(
    connection_id: Annotated[str, typer.Argument(help="The connection's id.")],
    tenant: Annotated[str, typer.Option(help="The company's id.")],
) -> None:
    """Stop listening for good; stored messages stay."""
    from evosense.connections.repository import remove_connection

    _with_database(lambda connection: remove_connection(connection, UUID(tenant), UUID(connection_id)))
    print("removed")


@app.command()
def pause(
    connection_id: Annotated[str, typer.Argument(help="The connection's id.")],
    tenant: Annotated[str, typer.Option(help="The company's id.")],
) -> None:
    """Stop listening until `resume`."""
    from evosense.connections.repository import set_active

    _with_database(lambda connection: set_active(connection, UUID(tenant), UUID(connection_id), is_active=False))
    print("paused")


@app.command()
def resume(
    connection_id: Annotated[str, typer.Argument(help="The connection's id.")],
    tenant: Annotated[str, typer.Option(help="The company's id.")],
) -> None:
    """Listen again, also after a refusal that was put right on the server."""
    from evosense.billing.places import resume_connection

    _with_database(lambda connection: resume_connection(connection, UUID(tenant), UUID(connection_id)))
    print("listening")


def _settings() -> Any:
    from evosense.settings import DatabaseSettings, load

    return load(DatabaseSettings)


def _with_database(work: Callable[[Any], Awaitable[_Answer]]) -> _Answer:
    """Run `work` in one transaction as the pipeline role."""
    from evosense.db.database import connect
    from evosense.stack.setup import open_database

    async def run(url: str) -> _Answer:
        async with await connect(url, "evosense_pipeline") as connection, connection.transaction():
            return await work(connection)

    with open_database(_settings()) as url:
        return asyncio.run(run(url))
