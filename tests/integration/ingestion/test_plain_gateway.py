"""The seeds' plain WebSocket gateway: what it says, who wrote, and a link that is kept or left."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.utils import accept_key

from evosense.connections.repository import add_connection
from evosense.db.database import AsyncPool
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from ingestion.listener import Listener
from tests.integration.ingestion.conftest import CUSTOMER, Rows

WIRE = json.loads((Path(__file__).parents[2] / "fixtures/evolution/wire.json").read_text(encoding="utf-8"))
Listening = Callable[[], AbstractAsyncContextManager[Listener]]
AddGateway = Callable[..., Awaitable[UUID]]


@pytest.fixture
def add_gateway(pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id: UUID) -> AddGateway:
    async def add(port: int, **fields: str) -> UUID:
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            return await add_connection(
                connection, keys, name="gateway", server_url=f"http://127.0.0.1:{port}", instance="gateway",
                token="GATEWAY-TOKEN", transport="raw_websocket", **fields,
            )  # fmt: skip

    return add


async def test_the_plain_gateways_frames(
    add_gateway: AddGateway, listening: Listening, rows: Rows, admin_connection: psycopg.Connection
) -> None:
    """Bearer token; no id, no time, no direction but what `from` tells; what is no message costs nothing."""
    seen: list[str] = []

    async def play(socket: ServerConnection) -> None:
        assert socket.request is not None
        seen.append(socket.request.headers["Authorization"])
        for frame in WIRE["raw_gateway"]:
            await socket.send(frame if isinstance(frame, str) else json.dumps(frame))
        await socket.wait_closed()

    async with serve(play, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        await add_gateway(port)
        async with listening():
            await rows.heard(len(WIRE["raw_gateway"]))
            await rows.live()
    assert set(seen) == {"Bearer GATEWAY-TOKEN"}
    found = admin_connection.execute(
        "select m.direction, m.chat_kind, b.text, m.sent_at_source, m.is_synthetic from app.message as m "
        "inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id order by m.id"
    ).fetchall()
    assert found == [
        ("unknown", "individual", "Bom dia! Vocês abrem hoje?", "received", True),
        ("unknown", "group", "Pessoal, reunião às 15h", "received", True),
        ("out", "individual", "Abrimos às 9h, sim!", "received", True),
        ("unknown", "individual", None, "received", True),
    ]


async def test_who_wrote_at_the_gateway_is_told_by_the_own_number(
    add_gateway: AddGateway, listening: Listening, rows: Rows, admin_connection: psycopg.Connection
) -> None:
    own = "+55 (11) 98888-7777"
    write = asyncio.Event()

    async def play(socket: ServerConnection) -> None:
        await write.wait()
        for author, body in ((CUSTOMER, "bom dia"), ("551188887777@c.us", "bom dia, pois não?")):
            await socket.send(json.dumps({"type": "message", "chatId": CUSTOMER, "from": author, "body": body}))
        await socket.wait_closed()

    async with serve(play, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        await add_gateway(port, own_number=own)
        async with listening():
            write.set()
            await rows.heard(2)
    found = admin_connection.execute("select direction from app.message order by id").fetchall()
    assert found == [("in",), ("out",)]
    assert b"98888" not in admin_connection.execute("select own_number_enc from app.connection").fetchone()[0]  # type: ignore[index]


async def test_a_quiet_night_at_the_gateway_is_no_gap(
    add_gateway: AddGateway, listening: Listening, rows: Rows, admin_connection: psycopg.Connection
) -> None:
    """What was missed begins when the link died, not with the last message that anybody wrote."""
    hang_up = asyncio.Event()

    async def play(socket: ServerConnection) -> None:
        if hang_up.is_set():
            await socket.wait_closed()
        await socket.send(json.dumps({"type": "message", "chatId": CUSTOMER, "from": CUSTOMER, "body": "boa noite"}))
        await hang_up.wait()

    async with serve(play, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        await add_gateway(port)
        async with listening():
            await rows.until("select 1 from app.message", lambda found: len(found) == 1)
            long_ago = "update app.connection set last_event_at = now() - interval '8 hours'"
            await asyncio.to_thread(admin_connection.execute, long_ago)
            hang_up.set()
            query = "select cause, state, now() - from_at < interval '5 minutes' from app.ingestion_gap order by id"
            expected = [("start", "lost", True), ("reconnect", "lost", True)]
            await rows.until(query, lambda found: found == expected)


async def test_a_gateway_is_not_hung_up_on_while_the_database_stands_still(
    add_gateway: AddGateway, listening: Listening, rows: Rows, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says can't be asked for again, and its pongs are not seen while nobody reads."""
    monkeypatch.setattr("ingestion.gateway_link._PING_S", 1.0)
    links = 0

    async def play(socket: ServerConnection) -> None:
        nonlocal links
        links += 1
        for number in range(8):  # more than what may wait
            message = {"type": "message", "chatId": CUSTOMER, "from": CUSTOMER, "body": f"n{number}"}
            await socket.send(json.dumps({**message, "pad": "x" * 24 * 2**20}))
        await socket.wait_closed()

    async with serve(play, "127.0.0.1", 0, ping_interval=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with psycopg.connect(database_url) as stalled:
            stalled.execute("lock table app.message in access exclusive mode")
            await add_gateway(port)
            async with listening():
                await rows.live()
                await asyncio.sleep(5)  # longer than a silent peer is waited for
                stalled.rollback()
                await rows.heard(8)
    assert links == 1


async def test_a_gateway_that_answers_no_ping_is_left(
    add_gateway: AddGateway, listening: Listening, rows: Rows, monkeypatch
) -> None:
    monkeypatch.setattr("ingestion.gateway_link._PING_S", 0.2)
    links = asyncio.Semaphore(0)

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        key = next(
            line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")
        )
        proof = accept_key(key.decode())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + proof.encode() + b"\r\n\r\n"
        )
        links.release()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(deaf, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await add_gateway(port)
        async with listening(), asyncio.timeout(20):
            await links.acquire()
            await links.acquire()  # it was left, and tried again
