"""The stand-in's own API, which tests and benchmarks drive it by."""

from __future__ import annotations

import httpx
import pytest

from evosense.testing.evolution import EvolutionStandIn
from tests.integration.testing.evolution.conftest import plain_client


async def test_only_the_global_key_opens_it(server: EvolutionStandIn) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers={"apikey": "token-loja"}) as http:
        assert (await http.get("/_standin/stats")).status_code == 401


async def test_messages_are_emitted_changed_and_listed(server: EvolutionStandIn, http: httpx.AsyncClient) -> None:
    message = {"chat": "5511977776666@s.whatsapp.net", "push_name": "Ana", "text": "oi", "key_id": "3A01"}
    async with plain_client(server) as client:
        await client.join("/loja")
        reply = {**message, "key_id": "3A02", "quote": {"key_id": "3A01", "text": "oi", "author": message["chat"]}}
        heart = {
            **message,
            "key_id": "3A03",
            "kind": "reaction",
            "text": "❤️",
            "target": {"key_id": "3A01", "from_me": False},
        }
        body = {"instance": "loja", "messages": [message, reply, heart]}
        assert (await http.post("/_standin/emit", json=body)).json() == {"ids": ["3A01", "3A02", "3A03"]}
        one = {"instance": "loja", "message": message}
        assert (await http.post("/_standin/status", json={**one, "status": "READ"})).json() == {"known": True}
        assert (await http.post("/_standin/edit", json={**one, "text": "olá"})).json() == {"known": True}
        assert (await http.post("/_standin/revoke", json=one)).json() == {"known": True}
        closed = {"instance": "loja", "state": "close", "reason": 401}
        assert (await http.post("/_standin/connection", json=closed)).json() == {"state": "close"}
        names = [(await client.event())[0] for _ in range(12)]
    assert names.count("messages.upsert") == 3
    assert names[6:] == [
        "messages.update",
        "messages.edited",
        "messages.update",
        "messages.edited",
        "messages.delete",
        "connection.update",
    ]
    listed = (await http.get("/_standin/messages/loja", params={"since_row": 1})).json()["messages"]
    assert [(row[1], row[3]) for row in listed] == [("3A02", "conversation"), ("3A03", "reactionMessage")]


async def test_a_burst_reaches_many_instances_and_stats_count_it(
    server: EvolutionStandIn, http: httpx.AsyncClient
) -> None:
    added = (await http.post("/_standin/instances", json={"count": 40, "prefix": "muitas"})).json()["instances"]
    assert added[3] == {"name": "muitas-0003", "token": "token-muitas-0003", "instance_id": added[3]["instance_id"]}
    names = [one["name"] for one in added]
    assert (await http.post("/_standin/burst", json={"instances": names, "count": 1500})).json() == {"sent": 1500}
    stats = (await http.get("/_standin/stats")).json()
    stored = [stats["instances"][name]["stored"] for name in names]
    assert sum(stored) == 1500
    assert min(stored) > 0
    assert stats["links"] == 0
    told = (await http.post("/_standin/burst", json={"instances": names, "count": 40, "rate": 400})).json()
    assert 0 <= told["late_p50_ms"] <= told["late_p95_ms"]


async def test_links_are_cut_and_envelopes_forced(server: EvolutionStandIn, http: httpx.AsyncClient) -> None:
    async with plain_client(server) as client:
        await client.join("/loja")
        forced = {"event": "messages.upsert", "instance": "clinica", "data": {}}
        await http.post("/_standin/envelope", json={"namespace": "/loja", "envelope": forced})
        assert (await client.event())[1] == forced
        assert (await http.post("/_standin/cut", json={})).json() == {"cut": 1}
        assert not server.hub.links


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("emit", {"instance": "loja", "messages": [{"nope": 1}]}, 422),
        ("emit", {"instance": "loja", "messages": [{"chat": "x", "kind": "video"}]}, 422),
        ("emit", {"instance": "missing", "messages": []}, 404),
        ("faults", {"explode": True}, 422),
        ("replay", {"names": ["nothing"]}, 422),
        ("instances", {"name": "loja"}, 422),
    ],
)
async def test_mistakes_are_told(http: httpx.AsyncClient, path: str, body: dict[str, object], status: int) -> None:
    answer = await http.post(f"/_standin/{path}", json=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


async def test_the_rate_can_be_set_while_it_runs(server: EvolutionStandIn, http: httpx.AsyncClient) -> None:
    async with plain_client(server) as client:
        await client.join("/loja")
        await http.post("/_standin/rate", json={"rate": 300})
        await client.messages(20)
        assert (await http.post("/_standin/rate", json={"rate": 0})).json() == {"rate": 0.0}
