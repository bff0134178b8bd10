"""Every captured event through every transport of the real kind: the same rows, and the ones that are expected."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.utils import accept_key

from evosense.connections.repository import add_connection
from evosense.db.database import AsyncPool
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.server import EvolutionStandIn
from ingestion.listener import Listener
from tests.integration.ingestion.conftest import CUSTOMER, Rows
from tests.integration.serving.conftest import running

WIRE = json.loads((Path(__file__).parents[2] / "fixtures/evolution/wire.json").read_text(encoding="utf-8"))
SOCKET: dict[str, Any] = WIRE["socketio_2_3_7"]
OLD: list[dict[str, Any]] = [one["envelope"] for one in WIRE["older_versions"].values()]
SECRET = "o segredo deste webhook, bem comprido"
Listening = Callable[[], AbstractAsyncContextManager[Listener]]
Add = Callable[..., Awaitable[UUID]]

_MESSAGES = """
select m.external_id, m.from_me, m.chat_kind, m.type, b.text, b.revision, b.deleted_at is not null,
       o.author_type, r.mimetype
from app.message as m
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id
left join app.media_ref as r on r.tenant_id = m.tenant_id and r.message_id = m.id
order by 1, 2
"""
_OTHERS = {
    "changes": "select external_id, kind, status, text from app.message_event order by 1, 2, 3, 4",
    "contacts": "select count(*), count(name_enc) from app.contact",
    "chats": "select kind, count(*) from app.chat group by 1 order by 1",
    "links": "select count(distinct contact_id), count(distinct chat_id), count(*) from app.identity_link",
    "raw": "select event, count(*) from raw.evolution_event group by 1 order by 1",
    "tasks": """
        select m.external_id from app.ai_task as t
        inner join app.message as m on m.tenant_id = t.tenant_id and m.id = t.message_id
        where t.kind = 'score' and m.external_id not in ('3EB0AAAA0002') order by 1
    """,
    "states": "select whatsapp_state from app.connection where instance = 'loja-b'",
}
# external id, from me, chat, type, text, revision, is deleted, author type, mime type
EXPECTED = [
    ("3AOLD0001", False, "individual", "text", "Bom dia", 0, False, None, None),
    ("3AOLD0003", False, "individual", "text", "Oi", 0, False, None, None),
    ("3AOLD0005", False, "individual", "text", "Oi", 0, False, None, None),
    ("3AOLD0006", False, "individual", "image", "Foto do produto", 0, False, None, "image/jpeg"),
    ("3EB0AAAA0001", False, "individual", "text", "Bom dia! Vocês abrem amanhã?", 1, False, None, None),
    ("3EB0AAAA0002", False, "individual", "text", "Sim, esse mesmo 👍", 0, True, None, None),
    ("3EB0AAAA0003", False, "individual", "image", "Olha o comprovante do Pix", 0, False, None, "image/jpeg"),
    ("3EB0AAAA0004", False, "individual", "audio", None, 0, False, None, "audio/ogg; codecs=opus"),
    ("3EB0AAAA0007", False, "group", "text", "Pessoal, reunião às 15h", 0, False, None, None),
    ("3EB0AAAA0009", True, "individual", "text", "Abrimos às 9h, sim!", 0, False, None, None),
    ("3EB0AAAA0010", False, "individual", "text", "Vi o anúncio no Instagram", 0, False, None, None),
    ("3EB0AAAA0013", False, "individual", "location", "Praça da Sé", 0, False, None, None),
    ("3EB0C0FFEE000001", True, "individual", "text", "Seu pedido 4471 chega amanhã!", 1, False, "bot", None),
    ("EVO0002", False, "individual", "text", "Quero remarcar minha consulta para sexta", 0, False, None, None),
    (
        "c7862e2b-f70f-4da2-a7d9-f148fc08fbc4",
        True,
        "individual",
        "text",
        "Confirmado! Até sexta.",
        0,
        False,
        "bot",
        None,
    ),
]
EXPECTED_OTHERS: dict[str, Any] = {
    "changes": [
        ("3EB0AAAA0001", "edit", None, "Bom dia! Vocês abrem amanhã?"),
        ("3EB0AAAA0001", "edit", None, "Bom dia! Vocês abrem amanhã?"),
        ("3EB0AAAA0001", "reaction", None, "❤️"),
        ("3EB0AAAA0002", "delete", None, None),
        ("3EB0AAAA0009", "status", "DELIVERY_ACK", None),
        ("3EB0AAAA0009", "status", "READ", None),
        ("3EB0C0FFEE000001", "edit", None, "Seu pedido 4471 chega amanhã!"),
    ],
    "contacts": [(5, 5)],
    "chats": [("group", 1), ("individual", 5)],
    "links": [(5, 6, 8)],
    "states": [("qrcode",)],
    "tasks": [
        ("3AOLD0001",),
        ("3AOLD0003",),
        ("3AOLD0005",),
        ("3AOLD0006",),
        ("3EB0AAAA0001",),
        ("3EB0AAAA0003",),
        ("3EB0AAAA0010",),
        ("3EB0AAAA0013",),
        ("EVO0002",),
    ],
}
_TABLES = ("app.message", "app.message_body", "app.message_event", "app.media_ref", "app.identity", "app.live_event")


def picture(admin: psycopg.Connection) -> dict[str, list[Any]]:
    rows = {name: admin.execute(query).fetchall() for name, query in _OTHERS.items()}
    return {"messages": admin.execute(_MESSAGES).fetchall(), **rows}


def with_bytes(value: Any, as_bytes: Callable[[bytes], Any]) -> Any:
    """An envelope of the fixture with its bytes as a transport writes them."""
    if isinstance(value, dict):
        if "$bytes_b64" in value:
            return as_bytes(base64.b64decode(value["$bytes_b64"]))
        return {key: with_bytes(child, as_bytes) for key, child in value.items()}
    return [with_bytes(child, as_bytes) for child in value] if isinstance(value, list) else value


@pytest.fixture
def add(pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id: UUID) -> Add:
    async def make(server_url: str, instance: str, token: str, transport: Any = "socketio", **fields: str) -> UUID:
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            secret = SECRET if transport == "webhook" else None
            return await add_connection(
                connection, keys, name=instance, server_url=server_url, instance=instance, token=token,
                transport=transport, webhook_secret=secret, **fields,
            )  # fmt: skip

    return make


@pytest.fixture(autouse=True)
def long_memory(admin_connection: psycopg.Connection) -> None:
    """The captured messages are of one day; the test must not depend on how long ago that is."""
    admin_connection.execute("update app.plan set retention_days = 36500")


async def settled(rows: Rows, events: int) -> None:
    await rows.until("select count(*) from raw.evolution_event", lambda found: found[0][0] == events)


def raw_events() -> int:
    """Presence is not kept; everything else is, once."""
    return len(OLD) + sum(example["event"] != "presence.update" for example in SOCKET.values())


async def by_namespaces(add: Add, listening: Listening, rows: Rows, *, global_key: bool) -> None:
    config = StandInConfig(instances=(InstanceSpec("loja-a", "a"), InstanceSpec("loja-b", "b")))
    async with EvolutionStandIn(config) as server:
        server.load_captures(WIRE)
        for instance in ("loja-a", "loja-b"):
            token = server.config.global_key if global_key else server.instance(instance).token
            await add(server.url, instance, token)
        async with listening():
            await rows.live(2)
            assert len(server.hub.links) == (1 if global_key else 2)
            for name in SOCKET:
                server.replay(name)
            for envelope in OLD:
                server.bus.emit_envelope(server.instance(envelope["instance"]).namespace, envelope)
            await settled(rows, raw_events())


async def by_root(add: Add, listening: Listening, rows: Rows) -> None:
    specs = (InstanceSpec("loja-a", "a", websocket=False), InstanceSpec("loja-b", "b", websocket=False))
    async with EvolutionStandIn(StandInConfig(instances=specs, global_events=True)) as server:
        for instance in ("loja-a", "loja-b"):
            await add(server.url, instance, server.config.global_key)
        async with listening():
            await rows.until("select 1 from app.connection where state = 'joining'", lambda found: len(found) == 2)
            for envelope in [*(example["envelope"] for example in SOCKET.values()), *OLD]:
                server.bus.emit_envelope("/", with_bytes(envelope, bytes))
            await settled(rows, raw_events())
            await rows.live(2)


async def by_webhook(add: Add, database_url: str) -> None:
    ids = {instance: await add("http://evo.test", instance, "", "webhook") for instance in ("loja-a", "loja-b")}
    async with running(database_url) as api:
        for envelope in [*(example["envelope"] for example in SOCKET.values()), *OLD]:
            path = f"/api/webhooks/evolution/{ids[envelope['instance']]}/{envelope['event'].replace('.', '-')}"
            body = with_bytes(envelope, lambda data: {str(index): byte for index, byte in enumerate(data)})
            posted = await api.client.post(
                path, json={**body, "destination": f"{api.url}{path}"}, headers={"Authorization": f"Bearer {SECRET}"}
            )
            assert posted.status_code == 200


@pytest.mark.parametrize("transport", ["namespace", "global key", "global mode", "webhook"])
async def test_every_captured_event(
    transport: str, add: Add, listening: Listening, rows: Rows, database_url: str, admin_connection: psycopg.Connection
) -> None:
    if transport == "webhook":
        await by_webhook(add, database_url)
    elif transport == "global mode":
        await by_root(add, listening, rows)
    else:
        await by_namespaces(add, listening, rows, global_key=transport == "global key")
    await rows.until(_OTHERS["states"], lambda found: found == EXPECTED_OTHERS["states"])
    got = picture(admin_connection)
    assert got["messages"] == EXPECTED
    kept = Counter(one["event"] for one in [*SOCKET.values(), *OLD] if one["event"] != "presence.update")
    assert dict(got["raw"]) == kept
    assert {name: got[name] for name in EXPECTED_OTHERS} == EXPECTED_OTHERS
    assert admin_connection.execute("select count(*) from app.failed_task").fetchone() == (0,)
    everything = str([admin_connection.execute(f"select * from {table}").fetchall() for table in _TABLES])
    assert "TOKEN-LOJA" not in everything


async def test_the_plain_gateways_frames(
    add: Add, listening: Listening, rows: Rows, admin_connection: psycopg.Connection
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
        await add(f"http://127.0.0.1:{port}", "gateway", "GATEWAY-TOKEN", "raw_websocket")
        async with listening():
            await settled(rows, len(WIRE["raw_gateway"]))
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
    add: Add, listening: Listening, rows: Rows, admin_connection: psycopg.Connection
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
        await add(f"http://127.0.0.1:{port}", "gateway", "GATEWAY-TOKEN", "raw_websocket", own_number=own)
        async with listening():
            write.set()
            await settled(rows, 2)
    found = admin_connection.execute("select direction from app.message order by id").fetchall()
    assert found == [("in",), ("out",)]
    assert b"98888" not in admin_connection.execute("select own_number_enc from app.connection").fetchone()[0]  # type: ignore[index]


async def test_a_quiet_night_at_the_gateway_is_no_gap(
    add: Add, listening: Listening, rows: Rows, admin_connection: psycopg.Connection
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
        await add(f"http://127.0.0.1:{port}", "gateway", "GATEWAY-TOKEN", "raw_websocket")
        async with listening():
            await rows.until("select 1 from app.message", lambda found: len(found) == 1)
            long_ago = "update app.connection set last_event_at = now() - interval '8 hours'"
            await asyncio.to_thread(admin_connection.execute, long_ago)
            hang_up.set()
            query = "select cause, state, now() - from_at < interval '5 minutes' from app.ingestion_gap order by id"
            expected = [("start", "lost", True), ("reconnect", "lost", True)]
            await rows.until(query, lambda found: found == expected)


async def test_a_gateway_is_not_hung_up_on_while_the_database_stands_still(
    add: Add, listening: Listening, rows: Rows, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says can't be asked for again, and its pongs are not seen while nobody reads."""
    monkeypatch.setattr("ingestion.gateway_link._PING_S", 0.3)
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
            await add(f"http://127.0.0.1:{port}", "gateway", "GATEWAY-TOKEN", "raw_websocket")
            async with listening():
                await rows.live()
                await asyncio.sleep(2)
                stalled.rollback()
                await settled(rows, 8)
    assert links == 1


async def test_a_gateway_that_answers_no_ping_is_left(add: Add, listening: Listening, rows: Rows, monkeypatch) -> None:
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
        await add(f"http://127.0.0.1:{port}", "gateway", "GATEWAY-TOKEN", "raw_websocket")
        async with listening(), asyncio.timeout(20):
            await links.acquire()
            await links.acquire()  # it was left, and tried again
