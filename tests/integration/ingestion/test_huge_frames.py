"""Servers that send frames of 24 MB as fast as they can: a listener's memory stays bounded, and nothing is lost."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import psycopg
from aiohttp import WSMsgType, web

from evosense.connections.repository import add_connection
from evosense.db.database import AsyncPool
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.server import EvolutionStandIn
from tests.integration.ingestion.conftest import Rows, draft
from tests.integration.ingestion.test_process import process

SERVERS, FRAMES, FRAME_BYTES = 8, 10, 24 * 2**20
OPEN = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'


def huge(instance: str, number: int) -> str:
    """A message in a frame of 24 MB: what a server sends that puts its media into every event, and worse."""
    message = {
        "key": {"remoteJid": "5511977776666@s.whatsapp.net", "fromMe": False, "id": f"{instance}-{number}"},
        "message": {"conversation": "oi"},
        "messageType": "conversation",
        "messageTimestamp": int(time.time()),
    }
    envelope = {"event": "messages.upsert", "instance": instance, "data": message, "base64": "A" * FRAME_BYTES}
    return f"42/{instance}," + orjson.dumps(["messages.upsert", envelope]).decode()


@asynccontextmanager
async def flooding(sent: list[str]) -> AsyncGenerator[str]:
    """A server of which each instance's link gets its frames as fast as it takes them."""

    async def answer(request: web.Request) -> web.Response:
        if "connectionState" in request.path:
            return web.json_response({"instance": {"instanceName": request.path.split("/")[-1], "state": "open"}})
        return web.json_response({"messages": {"total": 0, "pages": 0, "currentPage": 1, "records": []}})

    async def link(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_str(OPEN)
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and frame.data == "40":
                await socket.send_str('40{"sid":"r"}')
            elif frame.type is WSMsgType.TEXT and frame.data.startswith("40/"):
                instance = frame.data[3:-1]
                await socket.send_str(f'40/{instance},{{"sid":"n"}}')
                for number in range(FRAMES):
                    await socket.send_str(huge(instance, number))
                    sent.append(f"{instance}-{number}")
        return socket

    application = web.Application()
    application.router.add_get("/socket.io/", link)
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def peak_mb(pid: int) -> int:
    """The most memory that a process has had so far."""
    (line,) = (one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


async def standing_still(sent: list[str]) -> None:
    """Return when the servers can send no more."""
    before = -1
    while before != len(sent):
        before = len(sent)
        await asyncio.sleep(1)


async def test_servers_that_flood_fill_no_memory_and_lose_nothing(
    evolution: EvolutionStandIn,
    connect_instance: Callable[..., Any],
    pipeline_pool: AsyncPool,
    master_key: MasterKey,
    tenant_id: UUID,
    database_url: str,
    rows: Rows,
) -> None:
    await connect_instance()
    sent: list[str] = []
    async with process(database_url) as (child, _), flooding(sent) as url:
        await rows.live()
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            for number in range(SERVERS):
                name = f"enchente-{number}"
                await add_connection(connection, keys, name=name, server_url=url, instance=name, token=f"T{number}")
        await rows.live(SERVERS + 1)
        with psycopg.connect(database_url) as stalled:
            stalled.execute("lock table app.message in access exclusive mode")  # nothing is stored meanwhile
            await standing_still(sent)
            evolution.deliver("loja-a", [draft("usual-1")])
        evolution.deliver("loja-a", [draft("usual-2")])
        await rows.ids(
            set(sent)
            | {f"enchente-{at}-{number}" for at in range(SERVERS) for number in range(FRAMES)}
            | {"usual-1", "usual-2"},
            seconds=120,
        )
        assert rows.all("select count(*) from app.connection where state = 'live'") == [(SERVERS + 1,)]
        assert rows.all("select count(*) from app.ingestion_gap where cause = 'reconnect'") == [(0,)]
        peak = peak_mb(child.pid)
        child.terminate()
        await asyncio.wait_for(child.wait(), 30)
    assert peak < 1_100  # frames: 1,920 MB
