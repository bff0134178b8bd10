"""The webhook receiver over real HTTP: proofs, addresses, limits, and that all ends in the rows of the socket."""

import base64
import gzip
import itertools
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg
import pytest

from evosense.connections.repository import add_connection, set_active
from evosense.connections.webhook_secrets import set_webhook_secret
from evosense.db.database import AsyncPool
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.drafts import Draft, phone_jid
from evosense.testing.evolution.server import EvolutionStandIn
from tests.integration.serving.conftest import Api

SECRET = "o-segredo-deste-webhook-com-mais-de-32-letras"
PATH = "/api/webhooks/evolution"
Add = Callable[..., Awaitable[UUID]]


@pytest.fixture
def add(pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id: UUID) -> Add:
    async def make(instance: str = "loja-b", secret: str = SECRET, tenant: UUID = tenant_id) -> UUID:
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant)
            return await add_connection(
                connection, keys, name=instance, server_url="http://evo.test", instance=instance, token="T",
                transport="webhook", webhook_secret=secret,
            )  # fmt: skip

    return make


def envelope(message_id: str = "A1", text: str = "oi", *, instance: str = "loja-b", **message: Any) -> dict[str, Any]:
    data = {
        "key": {"remoteJid": "5511977776666@s.whatsapp.net", "fromMe": False, "id": message_id},
        "pushName": "Marcos",
        "message": {"conversation": text, **message},
        "messageType": "conversation",
        "messageTimestamp": int(time.time()),
    }
    return {"event": "messages.upsert", "instance": instance, "data": data, "apikey": "TOKEN-IN-CLEAR"}


def token(secret: str = SECRET, *, age: int = 0, algorithm: str = "HS256") -> dict[str, str]:
    issued = int(time.time()) - age
    claims = {"iat": issued, "exp": issued + 600, "app": "evolution", "action": "webhook"}
    return {"Authorization": f"Bearer {jwt.encode(claims, secret, algorithm=algorithm)}"}


PROVEN = {"X-EvoSense-Secret": SECRET}


def stored(admin: psycopg.Connection) -> list[Any]:
    return admin.execute("select tenant_id, external_id from app.message order by 2").fetchall()


async def test_stored_before_it_is_answered(api: Api, add: Add, admin_connection, tenant_id):
    connection_id = await add()
    answer = await api.client.post(f"{PATH}/{connection_id}", json=envelope(), headers=PROVEN)
    assert (answer.status_code, answer.json()) == (200, {"received": True, "messages": 1, "changes": 0})
    assert stored(admin_connection) == [(tenant_id, "A1")]
    again = await api.client.post(f"{PATH}/{connection_id}", json=envelope(), headers=PROVEN)
    assert (again.status_code, again.json()["messages"]) == (200, 0)
    assert admin_connection.execute("select state, transport from app.connection").fetchall() == [("live", "webhook")]
    kinds = admin_connection.execute("select kind from app.ai_task order by 1").fetchall()
    assert kinds == [("embed",), ("score",)]


async def test_what_can_not_be_kept_is_posted_again(api: Api, add: Add, admin_connection, tenant_id):
    """Evolution posts again after 5xx, and never after an answer that says received."""
    url = f"{PATH}/{await add()}"
    admin_connection.execute("revoke insert on raw.evolution_event, app.message from evosense_pipeline")
    try:
        refused = await api.client.post(url, json=envelope(), headers=PROVEN)
    finally:
        admin_connection.execute("grant insert on raw.evolution_event, app.message to evosense_pipeline")
    assert refused.status_code == 500
    assert (await api.client.post(url, json=envelope(), headers=PROVEN)).status_code == 200
    assert stored(admin_connection) == [(tenant_id, "A1")]


async def test_proofs_that_count(api: Api, add: Add):
    connection_id = await add()
    proofs = [
        PROVEN,
        {"Authorization": f"Bearer {SECRET}"},
        {"apikey": SECRET},
        token(),
        token(age=1_500),  # the last retries bring the token of the first post
    ]
    paths = (f"{PATH}/{connection_id}", f"{PATH}/{connection_id}/messages-upsert", PATH, f"{PATH}/messages-upsert")
    for headers, path in itertools.product(proofs, paths):
        assert (await api.client.post(path, json=envelope(), headers=headers)).status_code == 200, path


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_proofs_that_do_not(api: Api, add: Add, admin_connection):
    connection_id = await add()
    refused = [
        {},
        {"X-EvoSense-Secret": "wrong"},
        {"Authorization": "Bearer"},
        {"apikey": "TOKEN-IN-CLEAR"},
        token("another secret of thirty-two letters and more"),
        token(age=7_200),
        {"Authorization": f"Bearer {jwt.encode({'app': 'evolution'}, '', algorithm='none')}"},
        {"Authorization": f"Bearer {jwt.encode({'app': 'evolution'}, SECRET)}"},  # never ends
        token(algorithm="HS512"),
    ]
    paths = (f"{PATH}/{connection_id}", f"{PATH}/{connection_id}/messages-upsert", PATH, f"{PATH}/messages-upsert")
    for headers, path in itertools.product(refused, paths):
        answer = await api.client.post(path, json=envelope(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "webhook_unproven"), path
    assert stored(admin_connection) == []
    assert admin_connection.execute("select 1 from raw.evolution_event").fetchall() == []


async def test_connections_cannot_be_found_out(api: Api, add: Add, pipeline_pool: AsyncPool, tenant_id):
    connection_id = await add()
    assert (await api.client.post(f"{PATH}/{uuid4()}", json=envelope(), headers=PROVEN)).status_code == 404
    assert (await api.client.post(f"{PATH}/no-event", json=envelope(), headers=PROVEN)).status_code == 404
    wrong = {"X-EvoSense-Secret": "x" * 20}
    known = await api.client.post(PATH, json=envelope(), headers=wrong)
    unknown = await api.client.post(PATH, json=envelope(instance="nobody"), headers=wrong)
    without_id = [{k: v for k, v in answer.json().items() if k != "request_id"} for answer in (known, unknown)]
    assert without_id[0] == without_id[1]
    async with pipeline_pool.connection() as connection:
        await set_active(connection, tenant_id, connection_id, is_active=False)
    assert (await api.client.post(f"{PATH}/{connection_id}", json=envelope(), headers=PROVEN)).status_code == 404


async def test_an_instance_posts_to_its_own_connection_only(
    api: Api, add: Add, tenant_id, other_tenant_id, admin_connection
):
    mine = await add("loja-b", SECRET)
    await add("loja-b", "another secret of the other tenant", other_tenant_id)
    await add("loja-c", SECRET)
    foreign = await api.client.post(f"{PATH}/{mine}", json=envelope(instance="loja-c"), headers=PROVEN)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_instance")
    assert (
        await api.client.post(f"{PATH}/{mine}", json={"event": "messages.upsert"}, headers=PROVEN)
    ).status_code == 403
    other = {"X-EvoSense-Secret": "another secret of the other tenant"}
    assert (await api.client.post(PATH, json=envelope("THEIRS"), headers=other)).status_code == 200
    assert (await api.client.post(PATH, json=envelope("MINE"), headers=token())).status_code == 200
    assert stored(admin_connection) == [(tenant_id, "MINE"), (other_tenant_id, "THEIRS")]


async def test_two_connections_with_one_instance_and_secret_are_never_guessed_between(
    api: Api, add: Add, other_tenant_id, admin_connection
):
    await add()
    await add(tenant=other_tenant_id)
    for headers in (PROVEN, token()):
        assert (await api.client.post(PATH, json=envelope(), headers=headers)).status_code == 401
    assert stored(admin_connection) == []


async def test_bodies_that_are_no_events(api: Api, add: Add, admin_connection):
    connection_id = await add()
    for body in (b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000):
        answer = await api.client.post(f"{PATH}/{connection_id}", content=body, headers=PROVEN)
        assert answer.status_code == 422, body[:10]
    unknown = {"event": "brand.new", "instance": "loja-b", "data": {"x": 1}}
    assert (await api.client.post(f"{PATH}/{connection_id}", json=unknown, headers=PROVEN)).status_code == 200
    assert admin_connection.execute("select event, transport from raw.evolution_event").fetchall() == [
        ("unknown", "webhook")
    ]


async def test_how_a_body_travels_is_of_no_matter_unless_it_is_compressed(api: Api, add: Add, admin_connection):
    path = f"{PATH}/{await add()}"

    async def pieces() -> AsyncGenerator[bytes]:
        body = json.dumps(envelope("PIECES")).encode()
        for start in range(0, len(body), 50):
            yield body[start : start + 50]

    told = json.dumps(envelope("PLAIN")).encode()
    for body, headers in ((pieces(), {}), (told, {"Content-Type": "text/plain"}), (b"\xef\xbb\xbf" + told, {})):
        assert (await api.client.post(path, content=body, headers=PROVEN | headers)).status_code == 200
    assert [row[1] for row in stored(admin_connection)] == ["PIECES", "PLAIN"]
    packed = gzip.compress(json.dumps(envelope("PACKED")).encode())
    answer = await api.client.post(path, content=packed, headers=PROVEN | {"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "proxy" in answer.json()["detail"]


async def test_one_bad_item_never_costs_its_neighbours(api: Api, add: Add, admin_connection):
    connection_id = await add()
    good = [envelope(f"G{number}")["data"] for number in range(3)]
    data = [good[0], None, {"key": 7}, {**good[1], "message": {"conversation": "\x00nul"}}, "text", good[2]]
    body = {"event": "messages.set", "instance": "loja-b", "data": data}
    assert (await api.client.post(f"{PATH}/{connection_id}", json=body, headers=PROVEN)).status_code == 200
    assert [row[1] for row in stored(admin_connection)] == ["G0", "G1", "G2"]


async def test_large_bodies_are_read_only_for_who_has_the_secret(api: Api, add: Add, admin_connection):
    connection_id = await add()
    media = base64.b64encode(b"\xff" * 3_000_000).decode()
    body = envelope("PHOTO", base64=media, imageMessage={"mimetype": "image/jpeg", "caption": "olha"})
    body["data"]["message"].pop("conversation")
    body["data"]["messageType"] = "imageMessage"
    for path in (f"{PATH}/{connection_id}", PATH):
        assert (await api.client.post(path, json=body, headers=PROVEN)).status_code == 200
    assert stored(admin_connection)[0][1] == "PHOTO"
    ((size,),) = admin_connection.execute("select max(length(payload)) from raw.evolution_event").fetchall()
    assert size < 2_000  # the media is in no table
    assert (await api.client.post(PATH, json=body, headers=token())).status_code == 413
    assert (await api.client.post(f"{PATH}/{connection_id}", json=body, headers={})).status_code == 401
    too_much = b'{"x":"' + b"a" * 33 * 2**20 + b'"}'
    answer = await api.client.post(f"{PATH}/{connection_id}", content=too_much, headers=PROVEN)
    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")


async def test_a_new_secret_ends_the_former_one(
    api: Api, add: Add, pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id
):
    connection_id = await add()
    async with pipeline_pool.connection() as connection:
        keys = await open_keys(connection, master_key, tenant_id)
        await set_webhook_secret(connection, keys, connection_id, "um segredo novo, bem comprido e outro")
    assert (await api.client.post(f"{PATH}/{connection_id}", json=envelope(), headers=PROVEN)).status_code == 401
    assert (await api.client.post(f"{PATH}/{connection_id}", json=envelope(), headers=token())).status_code == 401
    fresh = token("um segredo novo, bem comprido e outro")
    assert (await api.client.post(f"{PATH}/{connection_id}", json=envelope(), headers=fresh)).status_code == 200


@pytest.mark.parametrize(("headers", "by_events"), [({"jwt_key": SECRET}, True), (PROVEN, False)])
async def test_a_server_posts_what_happens(
    api: Api, add: Add, admin_connection, headers: dict[str, str], by_events: bool
):
    connection_id = await add("loja-a")
    specs = (InstanceSpec("loja-a", "token-a"),)
    async with EvolutionStandIn(StandInConfig(instances=specs)) as server:
        setting = {"enabled": True, "url": f"{api.url}{PATH}/{connection_id}", "headers": headers}
        setting |= {"byEvents": by_events, "base64": False, "events": []}
        async with httpx.AsyncClient(base_url=server.url, headers={"apikey": "token-a"}) as client:
            assert (await client.post("/webhook/set/loja-a", json={"webhook": setting})).status_code == 201
        drafts = [
            Draft(key_id=f"M{n}", chat=phone_jid("5511977776666"), sent_at=int(time.time()), text="oi")
            for n in range(5)
        ]
        server.deliver("loja-a", drafts)
        await server.webhooks.settle()
        assert server.webhooks.stats.abandoned == 0
        assert server.webhooks.stats.delivered >= 5
    assert [row[1] for row in stored(admin_connection)] == [f"M{n}" for n in range(5)]
