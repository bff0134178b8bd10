"""Who gets in, with which words others are refused, and when a link ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import socketio
import websockets

from evosense.testing.evolution import EngineTimings, EvolutionStandIn
from tests.integration.testing.evolution.conftest import CAPTURES, KEY, plain_client, small_config

CONTROL: dict[str, Any] = json.loads(CAPTURES.read_bytes())["engineio_control"]


async def refusal(server: EvolutionStandIn, query: str, key: str | None) -> tuple[int, str]:
    headers = {"apikey": key} if key else {}
    address = f"{server.url.replace('http', 'ws', 1)}/socket.io/?{query}"
    with pytest.raises(websockets.InvalidStatus) as caught:
        await websockets.connect(address, additional_headers=headers)
    response = caught.value.response
    return response.status_code, (response.body or b"").decode()


@pytest.mark.parametrize(("key", "captured"), [(None, "handshake_no_key"), ("wrong", "handshake_bad_key")])
async def test_a_websocket_is_refused_with_the_real_words(
    server: EvolutionStandIn, key: str | None, captured: str
) -> None:
    status, body = await refusal(server, "EIO=4&transport=websocket", key)
    assert (status, body) == (CONTROL[captured]["status"], CONTROL[captured]["body"])


async def test_polling_and_old_protocols_are_refused_as_captured(server: EvolutionStandIn) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        polling = await http.get("/socket.io/", params={"EIO": "4", "transport": "polling"})
    captured = CONTROL["handshake_no_key_polling"]
    assert (polling.status_code, polling.text) == (captured["status"], captured["body"])
    assert await refusal(server, "EIO=3&transport=websocket", KEY) == (
        CONTROL["eio3"]["status"],
        CONTROL["eio3"]["body"],
    )


async def test_the_key_goes_in_the_header_or_the_query_and_may_be_global_or_a_token(server: EvolutionStandIn) -> None:
    for key in (KEY, "token-loja"):
        async with plain_client(server, key):
            assert len(server.hub.links) == 1
        address = f"{server.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket&apikey={key}"
        async with websockets.connect(address) as socket:
            assert str(await socket.recv()).startswith("0{")


async def test_an_allowed_host_needs_no_key() -> None:
    async with EvolutionStandIn(small_config(allowed_hosts=("127.0.0.1",))) as server, plain_client(server, ""):
        assert len(server.hub.links) == 1


async def test_the_oracle_connects_and_is_refused() -> None:
    async with EvolutionStandIn(small_config()) as server:
        client = socketio.AsyncClient(reconnection=False)
        await client.connect(server.url, headers={"apikey": KEY}, transports=["websocket"], namespaces=["/loja"])
        assert server.hub.members("/loja") == 1
        await client.disconnect()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(server.url, headers={"apikey": "wrong"}, transports=["websocket"])


async def test_pings_come_and_a_link_that_does_not_answer_is_closed() -> None:
    timings = EngineTimings(ping_interval_s=0.05, ping_timeout_s=0.1)
    async with EvolutionStandIn(small_config(engine=timings)) as server, plain_client(server) as client:
        await client.join("/loja")
        for _ in range(3):
            assert await client.socket.recv() == "2"
            await client.socket.send("3")
        assert set(await client.until_closed()) <= {"2"}
        assert server.hub.members("/loja") == 0


async def test_a_server_that_stops_pinging_stays_silent() -> None:
    timings = EngineTimings(ping_interval_s=0.03, ping_timeout_s=0.03)
    async with EvolutionStandIn(small_config(engine=timings)) as server, plain_client(server) as client:
        await client.join("/loja")
        server.set_faults({"no_pings": True})
        while not await client.quiet():
            await client.socket.send("3")
        assert server.hub.members("/loja") == 1


async def test_a_link_that_joins_nothing_is_closed_and_the_root_namespace_keeps_it() -> None:
    timings = EngineTimings(connect_timeout_s=0.1)
    async with EvolutionStandIn(small_config(engine=timings)) as server:
        async with plain_client(server) as idle, plain_client(server) as refused:
            assert (await refused.join("/nobody")).startswith("44")
            for client in (idle, refused):
                with pytest.raises(websockets.ConnectionClosed):
                    await asyncio.wait_for(client.socket.recv(), 5)
        async with plain_client(server) as rooted:
            await rooted.socket.send("40")
            assert str(await rooted.frame()).startswith('40{"sid"')
            assert await rooted.quiet()


@pytest.mark.parametrize("frame", ["40/loja,", '42/clinica,["x"]', "4nonsense", "40/a,b,", "1"])
async def test_what_socketio_does_not_forgive_ends_the_link(server: EvolutionStandIn, frame: str) -> None:
    async with plain_client(server) as client:
        await client.join("/loja")
        await client.socket.send(frame)
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(client.socket.recv(), 5)
        assert not server.hub.links
