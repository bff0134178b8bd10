"""`evosense replay`: what was heard, driven through the rules of today."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def replay(
    since: Annotated[
        datetime | None, typer.Option("--from", formats=_FORMATS, help="Raw events received from then on (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=_FORMATS, help="And before then (UTC); now when left out.")
    ] = None,
    tenant: Annotated[UUID | None, typer.Option(help="Only this company (id).")] = None,
    connection: Annotated[UUID | None, typer.Option(help="Only this connection (id).")] = None,
    event: Annotated[str | None, typer.Option(help="Only this kind, e.g. messages.upsert.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Also what was given up: events, scores, embeddings.")
    ] = False,
) -> None:
    """Drive raw events (kept for 7 days, 3 on plans without raw text) and failed tasks again.

    Safe at any time, beside a running listener, as often as you like: what is stored stays, what is missing is added.
    """
    from evosense.db.database import open_pool
    from evosense.errors import InvalidInput
    from evosense.messages.replay import Replayer, Scope
    from evosense.settings import DatabaseSettings, load
    from evosense.stack.setup import master_key, open_database
    from evosense.tenants.keyring import Keyring

    if since is None and not failed:
        raise InvalidInput("say what to drive again: --from with a time, or --failed")
    end = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    if since is not None and since.replace(tzinfo=UTC) >= end:
        raise InvalidInput("--from must be before --to, and not in the future; both are UTC")
    settings = load(DatabaseSettings)

    async def run(url: str) -> None:
        async with open_pool(url, "evosense_pipeline", max_size=4) as pool:
            replayer = Replayer(pool, Keyring(master_key(settings)))
            if since is not None:
                done = await replayer.replay(Scope(since.replace(tzinfo=UTC), end, tenant, connection, event))
                new = f"new messages {done.messages}  new changes {done.changes}"
                print(f"raw events {done.events}  {new}  failed {done.failed}")
            if failed:
                again = await replayer.replay_failed(tenant)
                asked = await replayer.ask_models_again(tenant)
                print(f"failed events {again.events}  still failing {again.failed}  asked of models again {asked}")

    with open_database(settings) as url:
        asyncio.run(run(url))
