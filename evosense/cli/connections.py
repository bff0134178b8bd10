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
    tenant: Annotated[UUID | None, typer.Option(help="Only this company (id).")] = None,
) -> None:
    """List the connections with their states; see the commands for adding, pausing and removing."""
    if context.invoked_subcommand is not None:
        return
    from evosense.connections.repository import list_connections
    from evosense.connections.states import explain_state

    found = _with_database(lambda connection: list_connections(connection, tenant))
    for one in found:
        heard = f"{one.last_event_at:%Y-%m-%d %H:%M:%S}Z" if one.last_event_at else "never"
        state = f"{one.state} ({one.state_reason})" if one.state_reason else one.state
        if one.is_active and not one.is_held and one.transport != "webhook" and one.state != "refused":
            state = "no listener"
        print(
            f"{one.id}  {one.name:20} {state:24} phone {one.whatsapp_state or '?':10} heard {heard}  {one.server_url}"
        )
        if state == "no listener":
            print(f"    no living listener holds it (the last one said: {one.state}); start one with `evosense listen`")
        elif one.state_reason:
            print(f"    {explain_state(one.state, one.state_reason)}")
    if not found:
        print("no connections yet: evosense connections add NAME --tenant ID --server URL --instance X")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What your people call it.")],
    tenant: Annotated[UUID, typer.Option(help="The company's id (evosense tenants list).")],
    instance: Annotated[str, typer.Option(help="The instance's name on the Evolution server.")],
    server: Annotated[str | None, typer.Option(help="The server's address; EVO_BASE_URL when left out.")] = None,
    transport: Annotated[str, typer.Option(help="socketio, webhook or raw_websocket.")] = "socketio",
    own_number: Annotated[
        str | None, typer.Option(help="The account's own number, by which a raw_websocket tells who wrote.")
    ] = None,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")] = False,
) -> None:
    """Add a connection; asks for the instance's token (or the server's global key), which is stored encrypted."""
    from evosense.billing.places import add_connection
    from evosense.connections.webhook_secrets import new_secret
    from evosense.errors import InvalidInput
    from evosense.settings import EvolutionSettings, load
    from evosense.stack.setup import master_key
    from evosense.tenants.repository import open_keys

    if transport not in ("socketio", "webhook", "raw_websocket"):
        raise InvalidInput("--transport must be socketio, webhook or raw_websocket")
    token = sys.stdin.readline().strip() if token_stdin else typer.prompt("Token", hide_input=True)
    secret = new_secret() if transport == "webhook" else None
    master = master_key(_settings())

    async def run(connection: Any) -> UUID:
        keys = await open_keys(connection, master, tenant)
        return await add_connection(
            connection,
            keys,
            name=name,
            server_url=server or load(EvolutionSettings).evo_base_url,
            instance=instance,
            token=token,
            transport=transport,
            webhook_secret=secret,
            own_number=own_number,
        )

    connection_id = _with_database(run)
    print(f"connection {connection_id} added; the listener joins it within seconds")
    if secret is not None:
        _show_webhook(connection_id, secret)


@app.command()
def webhook(
    connection_id: Annotated[UUID, typer.Argument(help="The connection's id.")],
    tenant: Annotated[UUID, typer.Option(help="The company's id.")],
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the secret from standard input instead of making one.")
    ] = False,
) -> None:
    """Let the server post a connection's events, also beside its socket; makes a new secret, the former one ends."""
    from evosense.connections.webhook_secrets import new_secret, set_webhook_secret
    from evosense.stack.setup import master_key
    from evosense.tenants.repository import open_keys

    secret = sys.stdin.readline().strip() if secret_stdin else new_secret()
    master = master_key(_settings())

    async def run(connection: Any) -> None:
        keys = await open_keys(connection, master, tenant)
        await set_webhook_secret(connection, keys, connection_id, secret)

    _with_database(run)
    _show_webhook(connection_id, None if secret_stdin else secret)


def _show_webhook(connection_id: UUID, secret: str | None) -> None:
    """What to enter on the Evolution server; a secret that was made here is shown this once."""
    from evosense.settings import ServingSettings, load

    serving = load(ServingSettings)
    base = (serving.public_url or f"http://{serving.api_host}:{serving.api_port}").rstrip("/")
    print(f"webhook address  {base}/api/webhooks/evolution/{connection_id}")
    print(f"webhook secret   {secret or 'the one that you gave'}")
    print('Enter it on the Evolution server (POST /webhook/set/INSTANCE) as "headers": {"jwt_key": SECRET},')
    print('or as {"X-EvoSense-Secret": SECRET}. It is not shown again.')


@app.command()
def remove(
    connection_id: Annotated[UUID, typer.Argument(help="The connection's id.")],
    tenant: Annotated[UUID, typer.Option(help="The company's id.")],
) -> None:
    """Stop listening for good; stored messages stay."""
    from evosense.connections.repository import remove_connection

    _with_database(lambda connection: remove_connection(connection, tenant, connection_id))
    print("removed")


@app.command()
def pause(
    connection_id: Annotated[UUID, typer.Argument(help="The connection's id.")],
    tenant: Annotated[UUID, typer.Option(help="The company's id.")],
) -> None:
    """Stop listening until `resume`."""
    from evosense.connections.repository import set_active

    _with_database(lambda connection: set_active(connection, tenant, connection_id, is_active=False))
    print("paused")


@app.command()
def resume(
    connection_id: Annotated[UUID, typer.Argument(help="The connection's id.")],
    tenant: Annotated[UUID, typer.Option(help="The company's id.")],
) -> None:
    """Listen again, also after a refusal that was put right on the server."""
    from evosense.billing.places import resume_connection

    _with_database(lambda connection: resume_connection(connection, tenant, connection_id))
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
