"""`evosense keys …`: rotating what everything is encrypted with."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer

app = typer.Typer(name="keys", help="Rotate what everything is encrypted with.", no_args_is_help=True)


@app.callback()
def _keys() -> None:
    """Rotate what everything is encrypted with."""


@app.command()
def rotate(
    tenant: Annotated[UUID | None, typer.Option(help="New keys for this company (id).")] = None,
    all_tenants: Annotated[bool, typer.Option("--all-tenants", help="New keys for every company.")] = False,
    data: Annotated[bool, typer.Option("--data", help="A new data key: for texts, tokens, names.")] = False,
    identity: Annotated[bool, typer.Option("--identity", help="A new identity key: for addresses.")] = False,
) -> None:
    """Wrap all companies' keys with the current SECRET_KEY; with --tenant or --all-tenants, also make new keys.

    To change SECRET_KEY: set the new one, put the former one into SECRET_KEY_PREVIOUS, restart, run this, then remove
    SECRET_KEY_PREVIOUS. No data is rewritten. New company keys are for what comes; former versions stay in use for
    what they encrypted. Without --data or --identity both are made. Listeners take new keys up within 15 s.
    """
    from evosense.connections.repository import notify
    from evosense.db.database import connect
    from evosense.errors import InvalidInput
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import master_key, open_database
    from evosense.tenants.repository import list_tenants
    from evosense.tenants.rotate import KeyPurpose, add_key_version, rewrap_all

    if (data or identity) and not (tenant or all_tenants):
        raise InvalidInput("say whose keys: --tenant ID or --all-tenants")
    settings = load(DatabaseSettings)
    master = master_key(settings)
    chosen: list[tuple[KeyPurpose, bool]] = [("data", data), ("identity", identity)]
    purposes: list[KeyPurpose] = [purpose for purpose, wanted in chosen if wanted or not (data or identity)]

    async def new_versions(connection: Any) -> None:
        ids = [tenant] if tenant else [found.tenant_id for found in await list_tenants(connection)]
        for tenant_id in ids:
            for purpose in purposes:
                version = await add_key_version(connection, master, tenant_id, purpose)
                print(f"{tenant_id}  {purpose} key: version {version}")
            await notify(connection, tenant_id)

    async def run(url: str) -> None:
        async with await connect(url, "evosense_pipeline") as connection, connection.transaction():
            wrapped = await rewrap_all(connection, master)
            print(f"{wrapped.keys} keys, {wrapped.changed} of them wrapped anew with SECRET_KEY")
            if tenant or all_tenants:
                await new_versions(connection)

    with open_database(settings) as url:
        asyncio.run(run(url))
