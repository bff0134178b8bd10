"""Connections over HTTP, against a stand-in Evolution server."""

import asyncio
from collections import Counter

import httpx
import pytest

from evosense.connections.repository import open_own_address, open_token
from evosense.settings import EvolutionSettings
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.server import EvolutionStandIn
from tests.integration.serving.conftest import running
from tests.loopback import LOOPBACK


@pytest.fixture
async def evolution():
    specs = (InstanceSpec("loja-a", "token-a"), InstanceSpec("loja-b", "token-b"))
    async with EvolutionStandIn(StandInConfig(instances=specs)) as server:
        yield server


@pytest.fixture
async def local(database_url, evolution):
    """An API whose connections may point to this machine."""
    settings = EvolutionSettings.model_construct(evo_base_url=evolution.url, evo_allowed_networks=LOOPBACK)
    async with running(database_url, evolution=settings) as api:
        yield api


def wish(number="a", **fields):
    return {"name": f"Loja {number}", "instance": f"loja-{number}", "token": f"token-{number}", **fields}


async def add(api, person, **fields) -> httpx.Response:
    return await api.client.post("/api/connections", json=wish(**fields), headers=api.headers(person))


async def test_add_look_change_remove(local, people, pipeline_pool, master_key, admin_connection):
    ana, otto = people["ana"], people["otto"]
    added = await add(local, ana)
    assert added.status_code == 201, added.text
    assert "token-a" not in added.text
    one = added.json()
    assert (one["state"], one["is_active"], one["webhook"]) == ("offline", True, None)
    address = f"/api/connections/{one['id']}"
    async with pipeline_pool.connection() as connection:
        keys = await open_keys(connection, master_key, ana.tenant_id)
    stored = admin_connection.execute("select id, token_enc from app.connection").fetchone()
    assert b"token-a" not in stored[1]
    assert open_token(keys, *stored) == "token-a"

    listed = await local.client.get("/api/connections", headers=local.headers(otto))
    assert [each["name"] for each in listed.json()] == ["Loja a"]
    change = {"name": "Loja Centro", "is_active": False}
    assert (await local.client.patch(address, json=change, headers=local.headers(otto))).status_code == 403
    changed = (await local.client.patch(address, json=change, headers=local.headers(ana))).json()
    assert (changed["name"], changed["is_active"], changed["state"]) == ("Loja Centro", False, "stopped")
    assert (await local.client.delete(address, headers=local.headers(ana))).status_code == 204
    assert (await local.client.get(address, headers=local.headers(ana))).status_code == 404
    assert admin_connection.execute("select token_enc from app.connection").fetchone() == (None,)
    acts = admin_connection.execute("select action, actor from app.audit_log order by id").fetchall()
    assert acts == [(f"connection_{what}", f"user:{ana.user_id}") for what in ("added", "changed", "removed")]


async def test_the_own_number_is_kept_sealed(local, people, pipeline_pool, master_key, admin_connection):
    ana = people["ana"]
    added = await add(local, ana, transport="raw_websocket", own_number="+55 11 8888-7777")
    assert (added.status_code, "7777" in added.text) == (201, False)
    async with pipeline_pool.connection() as connection:
        keys = await open_keys(connection, master_key, ana.tenant_id)
    query = "select id, own_number_enc from app.connection"
    assert open_own_address(keys, *admin_connection.execute(query).fetchone()) == "5511988887777@s.whatsapp.net"
    address = f"/api/connections/{added.json()['id']}"
    for change, address_then in (({"name": "B"}, "5511988887777@s.whatsapp.net"), ({"own_number": ""}, None)):
        assert (await local.client.patch(address, json=change, headers=local.headers(ana))).status_code == 200
        assert open_own_address(keys, *admin_connection.execute(query).fetchone()) == address_then


async def test_what_can_not_be_added(local, people):
    ana = people["ana"]
    await add(local, ana)
    assert (await add(local, ana)).json()["code"] == "conflict"
    for wrong in (
        {"instance": "a,b"},
        {"name": ""},
        {"token": ""},
        {"server_url": "ftp://x"},
        {"transport": "smoke"},
        {"token": "olá"},
        {"token": "a\nb"},
        {"server_url": "http://[::1"},
        {"server_url": "http://a..b"},
        {"own_number": "11 98888-7777 ramal 2"},
        {"own_number": "0"},
    ):
        assert (await add(local, ana, **wrong)).status_code == 422


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8080", "http://127.1", "http://[::ffff:10.0.0.1]", "http://169.254.169.254", "http://0x7f.1"],
)
async def test_our_own_network_is_out_of_reach(api, people, address, admin_connection):
    refused = await add(api, people["ana"], server_url=address)
    assert (refused.status_code, refused.json()["code"]) == (422, "address_not_allowed")
    assert admin_connection.execute("select count(*) from app.connection").fetchone() == (0,)


async def test_a_stored_token_is_never_sent_to_another_server(local, people):
    ana = people["ana"]
    one = (await add(local, ana)).json()
    move = {"server_url": "http://127.0.0.1:9"}
    address = f"/api/connections/{one['id']}"
    assert (await local.client.patch(address, json=move, headers=local.headers(ana))).status_code == 422
    moved = await local.client.patch(address, json={**move, "token": "other"}, headers=local.headers(ana))
    assert moved.json()["server_url"] == "http://127.0.0.1:9"


async def test_fifty_at_once_for_three_connections(local, people):
    ana = people["ana"]
    answers = await asyncio.gather(*(add(local, ana, number=str(number)) for number in range(50)))
    assert Counter(answer.status_code for answer in answers) == {201: 3, 402: 47}
    refused = next(answer.json() for answer in answers if answer.status_code == 402)
    assert refused["code"] == "limit_reached"
    assert "3 connections" in refused["detail"]


async def test_a_resumed_connection_needs_room(local, people):
    ana = people["ana"]
    headers = local.headers(ana)
    first, *_ = [(await add(local, ana, number=str(number))).json() for number in range(3)]
    address = f"/api/connections/{first['id']}"
    await local.client.patch(address, json={"is_active": False}, headers=headers)
    assert (await add(local, ana, number="3")).status_code == 201
    refused = await local.client.patch(address, json={"is_active": True, "name": "x"}, headers=headers)
    assert refused.status_code == 402
    assert (await local.client.get(address, headers=headers)).json()["name"] == "Loja 0"  # all or nothing


async def test_the_server_is_asked(local, people, evolution):
    ana = people["ana"]
    headers = local.headers(ana)

    async def ask(**fields):
        one = (await add(local, ana, **fields)).json()
        return (await local.client.post(f"/api/connections/{one['id']}/test", headers=headers)).json()

    good = await ask()
    assert (good["ok"], good["reason"], good["version"], good["whatsapp_state"]) == (True, None, "2.3.7", "open")
    wrong_key = await ask(number="b", token="no")
    assert (wrong_key["ok"], wrong_key["reason"]) == (False, "http_401")
    nobody = await ask(number="c", server_url="http://127.0.0.1:9")
    assert (nobody["ok"], nobody["reason"]) == (False, "unreachable")


async def test_status_and_pairing(local, people, evolution, admin_connection):
    ana, otto = people["ana"], people["otto"]
    one = (await add(local, ana)).json()
    address = f"/api/connections/{one['id']}/status"
    admin_connection.execute(
        "insert into app.ingestion_gap (tenant_id, id, connection_id, from_at, to_at, cause) "
        "values (%s, gen_random_uuid(), %s, now() - interval '1 hour', now(), 'start')",
        (ana.tenant_id, one["id"]),
    )
    seen = (await local.client.get(address, headers=local.headers(otto))).json()
    assert (seen["health"], seen["health_reason"], seen["open_gaps"]) == ("attention", "no_listener", 1)
    assert [(gap["state"], gap["cause"]) for gap in seen["gaps"]] == [("open", "start")]
    assert (await local.client.get(f"{address}?pair=true", headers=local.headers(otto))).status_code == 403
    linked = (await local.client.get(f"{address}?pair=true", headers=local.headers(ana))).json()
    assert linked["pairing"] is None
    evolution.lifecycle.logout(evolution.instance("loja-a"))
    shown = (await local.client.get(f"{address}?pair=true", headers=local.headers(ana))).json()
    assert shown["pairing"]["qr_image"].startswith("data:image/png;base64,")


async def test_a_webhook_gets_a_secret_once(local, people, admin_connection):
    ana = people["ana"]
    door = (await add(local, ana, transport="webhook")).json()
    assert door["webhook"]["url"].endswith(f"/api/webhooks/evolution/{door['id']}")
    [stored] = admin_connection.execute("select webhook_secret_hash from app.connection").fetchone()
    address = f"/api/connections/{door['id']}"
    assert "webhook" not in (await local.client.get(address, headers=local.headers(ana))).json()
    again = await local.client.patch(address, json={"new_webhook_secret": True}, headers=local.headers(ana))
    assert again.json()["webhook"]["secret"] != door["webhook"]["secret"]
    assert admin_connection.execute("select webhook_secret_hash from app.connection").fetchone() != (stored,)


@pytest.mark.parametrize(("status", "reading", "writing"), [("suspended", 200, 403), ("canceled", 402, 402)])
async def test_a_company_that_does_not_pay(local, people, admin_connection, status, reading, writing):
    admin_connection.execute("update app.tenant set status = %s", (status,))
    listed = await local.client.get("/api/connections", headers=local.headers(people["ana"]))
    assert (listed.status_code, (await add(local, people["ana"])).status_code) == (reading, writing)
