"""Guards, instances, settings and sending: bodies and statuses as captured."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from evosense.testing.evolution import Draft, EvolutionStandIn
from tests.integration.testing.evolution.conftest import CAPTURES, KEY, plain_client, small_config

HTTP: dict[str, Any] = json.loads(CAPTURES.read_bytes())["http_2_3_7"]


async def test_the_version_is_told_without_a_key(server: EvolutionStandIn) -> None:
    async with httpx.AsyncClient(base_url=server.url) as anyone:
        assert (await anyone.get("/")).json()["version"] == "2.3.7"


async def test_guards_answer_as_captured(server: EvolutionStandIn, http: httpx.AsyncClient) -> None:
    missing = await http.get("/instance/connectionState/nao-existe")
    assert (missing.status_code, missing.json()) == (404, HTTP["unknown_instance"])
    for key in ("", "wrong", "token-clinica"):
        refused = await http.get("/instance/connectionState/loja", headers={"apikey": key})
        assert (refused.status_code, refused.json()) == (401, HTTP["unauthorized"])
    own = await http.get("/instance/connectionState/loja", headers={"apikey": "token-loja"})
    assert own.json() == {"instance": {"instanceName": "loja", "state": "open"}}
    assert (await http.get("/nowhere")).status_code == 404


async def test_license_required_closes_every_business_route(server: EvolutionStandIn, http: httpx.AsyncClient) -> None:
    server.set_faults({"license_required": True})
    captured = HTTP["license_required_2_4"]
    for path in ("/instance/fetchInstances", "/instance/connectionState/loja"):
        answer = await http.get(path)
        assert answer.status_code == captured["http_status"]
        assert answer.json()["code"] == "LICENSE_REQUIRED"
        assert set(answer.json()) == set(captured["body"])
    assert (await http.get("/")).status_code == 200


async def test_http_faults_answer_500(server: EvolutionStandIn, http: httpx.AsyncClient) -> None:
    server.set_faults({"http_error": 1.0, "http_delay_s": 0.01})
    assert (await http.get("/instance/fetchInstances")).status_code == 500


async def test_instances_are_listed_with_tokens_and_counts(
    server: EvolutionStandIn, http: httpx.AsyncClient, text: Callable[..., Draft]
) -> None:
    server.deliver("loja", [text(), text(), text(chat="5521988887777@s.whatsapp.net")])
    listed = {one["name"]: one for one in (await http.get("/instance/fetchInstances")).json()}
    assert listed["loja"]["token"] == "token-loja"
    assert listed["loja"]["_count"] == {"Message": 3, "Contact": 2, "Chat": 2}
    one = await http.get("/instance/fetchInstances", params={"instanceName": "clinica"})
    assert [item["name"] for item in one.json()] == ["clinica"]
    own = await http.get("/instance/fetchInstances", headers={"apikey": "token-clinica"})
    assert [item["name"] for item in own.json()] == ["clinica"]
    assert (await http.get("/instance/fetchInstances", headers={"apikey": "no"})).status_code == 401


async def test_an_instance_is_created_paired_logged_out_and_deleted(
    server: EvolutionStandIn, http: httpx.AsyncClient
) -> None:
    body = {"instanceName": "nova", "integration": "WHATSAPP-BAILEYS", "qrcode": True}
    made = await http.post("/instance/create", json=body)
    assert made.status_code == 201
    assert made.json()["qrcode"]["base64"].startswith("data:image/png;base64,")
    token = made.json()["hash"]
    assert (await http.post("/instance/create", json=body)).status_code == 403
    assert (await http.get("/instance/connectionState/nova")).json()["instance"]["state"] == "connecting"
    async with plain_client(server) as client:
        await client.join("/nova")
        connected = await http.get("/instance/connect/nova", headers={"apikey": token})
        assert connected.json()["code"].startswith("2@")
        assert [(await client.event())[0] for _ in range(2)] == ["connection.update", "qrcode.updated"]
        await http.post("/_standin/pair", json={"instance": "nova"})
        _, opened = await client.event()
        assert opened["data"]["state"] == "open"
        await http.delete("/instance/logout/nova")
        assert [(await client.event())[0] for _ in range(2)] == ["logout.instance", "connection.update"]
        assert (await http.delete("/instance/logout/nova")).status_code == 400
        await http.delete("/instance/delete/nova")
        assert [(await client.event())[0] for _ in range(2)] == ["instance.delete", "remove.instance"]
    assert (await http.get("/instance/connectionState/nova")).status_code == 404


async def test_socket_settings_have_the_real_traps(http: httpx.AsyncClient) -> None:
    ok = await http.post("/websocket/set/loja", json={"websocket": {"enabled": True, "events": []}})
    assert ok.status_code == 201
    assert "MESSAGES_UPSERT" in ok.json()["events"]
    assert (await http.post("/websocket/set/loja", json={"websocket": {"enabled": True}})).status_code == 500
    wrong = {"websocket": {"enabled": True, "events": ["messages.upsert"]}}
    assert (await http.post("/websocket/set/loja", json=wrong)).status_code == 400
    assert (await http.get("/websocket/find/loja")).json()["enabled"] is True
    assert (await http.get("/webhook/find/loja")).json() is None


async def test_sending_emits_send_message_only(server: EvolutionStandIn, http: httpx.AsyncClient) -> None:
    async with plain_client(server) as client:
        await client.join("/loja")
        sent = await http.post("/message/sendText/loja", json=HTTP["sendText_v2_request"])
        assert sent.status_code == 201
        name, envelope = await client.event()
        assert name == "send.message"
        assert envelope["data"]["key"] == sent.json()["key"]
        assert sent.json()["status"] == "PENDING"
        assert await client.quiet()
    stored = server.database.latest("loja", sent.json()["key"]["id"])
    assert stored is not None
    assert stored.from_me


@pytest.mark.parametrize(
    ("body", "status"),
    [({"number": "5511977776666"}, 400), ({"text": "oi"}, 400), ({"number": "12", "text": "oi"}, 400)],
)
async def test_bad_bodies_are_refused(http: httpx.AsyncClient, body: dict[str, Any], status: int) -> None:
    assert (await http.post("/message/sendText/loja", json=body)).status_code == status


async def test_the_old_body_is_refused_by_the_new_version_and_taken_by_the_old(http: httpx.AsyncClient) -> None:
    refused = await http.post("/message/sendText/loja", json=HTTP["sendText_v1_request"])
    assert (refused.status_code, refused.json()) == (400, HTTP["sendText_v1_body_on_v2_response"])
    async with EvolutionStandIn(small_config(version="1.8.2")) as old, httpx.AsyncClient(base_url=old.url) as client:
        client.headers["apikey"] = KEY
        assert (await client.post("/message/sendText/loja", json=HTTP["sendText_v1_request"])).status_code == 201
        assert (await client.post("/message/sendText/loja", json=HTTP["sendText_v2_request"])).status_code == 400
        found = await client.post("/chat/findMessages/loja", json={"limit": 5})
        assert [one["message"]["conversation"] for one in found.json()] == ["Olá!"]


async def test_a_closed_instance_can_not_send(server: EvolutionStandIn, http: httpx.AsyncClient) -> None:
    server.lifecycle.connection(server.instance("loja"), "close", 401)
    answer = await http.post("/message/sendText/loja", json={"number": "5511977776666", "text": "oi"})
    assert answer.status_code == 400
    assert "Connection Closed" in answer.text


async def test_bodies_that_are_not_json_are_refused(http: httpx.AsyncClient) -> None:
    assert (await http.post("/chat/findMessages/loja", content=b"{nope")).status_code == 400
