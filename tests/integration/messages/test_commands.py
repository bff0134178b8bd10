"""`evosense keys rotate` and `evosense replay` as an operator runs them."""

import asyncio
import os
import sys
from pathlib import Path

from evosense.connections.webhook_secrets import secret_hash, target_by_id
from evosense.db.database import AsyncPool
from evosense.messages.inbox import Inbox
from evosense.messages.models import Recipient
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from tests.conftest import SECRET_KEY
from tests.integration.messages.conftest import hear, text_message

NEW_KEY = "the secret key that comes after, also with 32+ letters"


async def evosense(database_url: str, *arguments: str, folder: Path, **environment: str) -> tuple[int, str]:
    """Run the command; answers exit status and all that it printed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SECRET_", "DATABASE_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from evosense.cli import main; main()", *arguments,
        env=inherited | {"DATABASE_URL": database_url} | environment, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


async def test_the_master_is_changed_and_events_are_driven_again(
    database_url: str, inbox: Inbox, recipient: Recipient, pipeline_pool: AsyncPool, tmp_path: Path
) -> None:
    await inbox.store([hear(recipient, "messages.upsert", text_message("A", "a"))])
    status, told = await evosense(database_url, "keys", "rotate", folder=tmp_path, SECRET_KEY=NEW_KEY)
    assert status == 2
    assert "SECRET_KEY does not open" in told
    both = {"SECRET_KEY": NEW_KEY, "SECRET_KEY_PREVIOUS": SECRET_KEY}
    assert await evosense(database_url, "keys", "rotate", folder=tmp_path, **both) == (
        0,
        "2 keys, 2 of them wrapped anew with SECRET_KEY\n",
    )
    tenant = str(recipient.tenant_id)
    status, told = await evosense(
        database_url, "keys", "rotate", "--tenant", tenant, "--identity", folder=tmp_path, SECRET_KEY=NEW_KEY
    )
    assert (status, told.count("identity key: version 2"), told.count("data key")) == (0, 1, 0)
    async with pipeline_pool.connection() as connection:
        await connection.execute("delete from app.message_body where tenant_id = %s", [recipient.tenant_id])
        await connection.execute("delete from app.message where tenant_id = %s", [recipient.tenant_id])
        keys = await open_keys(connection, MasterKey.from_secret(NEW_KEY), recipient.tenant_id)
    assert keys.former == {1: recipient.keys.identity}
    status, told = await evosense(
        database_url, "replay", "--from", "2026-11-20", "--to", "2026-11-22", folder=tmp_path, SECRET_KEY=NEW_KEY
    )
    assert (status, told) == (0, "raw events 1  new messages 1  new changes 0  failed 0\n")
    status, told = await evosense(database_url, "replay", "--failed", folder=tmp_path, SECRET_KEY=NEW_KEY)
    assert (status, told) == (0, "failed events 0  still failing 0  asked of models again 0\n")
    assert (await evosense(database_url, "replay", folder=tmp_path, SECRET_KEY=NEW_KEY))[0] == 2
    backwards = ("replay", "--from", "2026-11-22", "--to", "2026-11-20")
    status, told = await evosense(database_url, *backwards, folder=tmp_path, SECRET_KEY=NEW_KEY)
    assert (status, "--from must be before --to" in told) == (2, True)


async def test_connections_show_their_states_and_take_webhooks(
    database_url: str, recipient: Recipient, pipeline_pool: AsyncPool, tmp_path: Path
) -> None:
    async with pipeline_pool.connection() as connection:
        await connection.execute(
            "update app.connection set state = 'refused', state_reason = 'http_401' where tenant_id = %s",
            [recipient.tenant_id],
        )
    status, told = await evosense(database_url, "connections", folder=tmp_path, SECRET_KEY=SECRET_KEY)
    assert status == 0
    assert "refused (http_401)" in told
    assert "the token is not this instance's: enter the right one" in told
    async with pipeline_pool.connection() as connection:
        await connection.execute(
            "update app.connection set state = 'live', state_reason = null where tenant_id = %s", [recipient.tenant_id]
        )
    _, told = await evosense(database_url, "connections", folder=tmp_path, SECRET_KEY=SECRET_KEY)
    assert "no living listener holds it" in told  # it was killed, and nobody has taken over
    place = (str(recipient.connection_id), "--tenant", str(recipient.tenant_id))
    status, told = await evosense(
        database_url, "connections", "webhook", *place, folder=tmp_path, SECRET_KEY=SECRET_KEY
    )
    assert status == 0
    assert f"/api/webhooks/evolution/{recipient.connection_id}" in told
    secret = told.partition("webhook secret   ")[2].split()[0]
    async with pipeline_pool.connection() as connection:
        target = await target_by_id(connection, recipient.connection_id)
    assert target is not None
    assert target.secret_hash == secret_hash(secret)
