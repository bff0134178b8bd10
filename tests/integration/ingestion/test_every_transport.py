"""Every captured event through every transport of the real kind: the same rows, and the ones that are expected."""

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

from evosense.connections.repository import add_connection
from evosense.db.database import AsyncPool
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.server import EvolutionStandIn
from ingestion.listener import Listener
from tests.integration.ingestion.conftest import Rows
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
    async def make(server_url: str, instance: str, token: str, transport: Any = "socketio") -> UUID:
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            secret = SECRET if transport == "webhook" else None
            return await add_connection(
                connection, keys, name=instance, server_url=server_url, instance=instance, token=token,
                transport=transport, webhook_secret=secret,
            )  # fmt: skip

    return make


@pytest.fixture(autouse=True)
def long_memory(admin_connection: psycopg.Connection) -> None:
    """The captured messages are of one day; the test must not depend on how long ago that is."""
    admin_connection.execute("update app.plan set retention_days = 36500")


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
            await rows.heard(raw_events())


async def by_root(add: Add, listening: Listening, rows: Rows) -> None:
    specs = (InstanceSpec("loja-a", "a", websocket=False), InstanceSpec("loja-b", "b", websocket=False))
    async with EvolutionStandIn(StandInConfig(instances=specs, global_events=True)) as server:
        for instance in ("loja-a", "loja-b"):
            await add(server.url, instance, server.config.global_key)
        async with listening():
            await rows.until("select 1 from app.connection where state = 'joining'", lambda found: len(found) == 2)
            for envelope in [*(example["envelope"] for example in SOCKET.values()), *OLD]:
                server.bus.emit_envelope("/", with_bytes(envelope, bytes))
            await rows.heard(raw_events())
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
