"""Weeks of past: written at the first start, told to the first client that joins, continued after a pause."""

from __future__ import annotations

from pathlib import Path

import httpx

from evosense.testing.evolution import EvolutionStandIn
from tests.integration.testing.evolution.conftest import KEY, PlainClient, plain_client, small_config

DAY = 86_400.0
START = 1_795_216_200.0


async def synced(client: PlainClient) -> tuple[list[str], list[int]]:
    """Ids and sizes of the messages.set frames up to the latest."""
    found: list[str] = []
    sizes: list[int] = []
    while True:
        name, envelope = await client.event()
        if name == "messages.set":
            found += [one["key"]["id"] for one in envelope["data"]]
            sizes.append(len(envelope["data"]))
            if envelope["isLatest"]:
                assert envelope["progress"] == 100
                return found, sizes


async def test_the_first_client_that_joins_gets_the_history_in_chunks() -> None:
    config = small_config(history_days=20, history_chunk=500)
    async with EvolutionStandIn(config, clock=lambda: START) as server:
        stored = server.database.ledger("loja")
        assert len(stored) > 800
        assert all(START - 20 * DAY <= row[4] <= START for row in stored)
        async with plain_client(server) as client:
            await client.join("/loja")
            found, sizes = await synced(client)
            assert found == [row[1] for row in stored]
            assert max(sizes) == 500
        async with plain_client(server) as again:
            await again.join("/loja")
            assert await again.quiet()
        assert server.database.count("clinica") == 0  # it plays no business


async def test_a_restart_days_later_tells_only_what_is_new(tmp_path: Path) -> None:
    now = START
    config = small_config(history_days=10, state_dir=tmp_path)
    async with EvolutionStandIn(config, clock=lambda: now) as server, plain_client(server) as client:
        await client.join("/loja")
        first, _ = await synced(client)
    now += 2 * DAY
    async with EvolutionStandIn(config, clock=lambda: now) as server, plain_client(server) as client:
        rows = server.database.ledger("loja")
        await client.join("/loja")
        second, _ = await synced(client)
        assert [row[1] for row in rows] == first + second
        assert all(row[4] > START for row in rows[len(first) :])


async def test_pairing_again_tells_everything_again() -> None:
    async with EvolutionStandIn(small_config(history_days=3), clock=lambda: START) as server:
        async with plain_client(server) as client:
            await client.join("/loja")
            first, _ = await synced(client)
        server.lifecycle.pair(server.instance("loja"))
        async with plain_client(server) as client:
            await client.join("/loja")
            assert (await synced(client))[0] == first


async def test_a_history_of_three_thousand_messages_is_one_frame_of_five_megabytes(server: EvolutionStandIn) -> None:
    async with plain_client(server) as client, httpx.AsyncClient(base_url=server.url, headers={"apikey": KEY}) as http:
        await client.join("/loja")
        wanted = {"instance": "loja", "count": 3000, "text_bytes": 1200}
        answer = await http.post("/_standin/history", json=wanted, timeout=60)
        while not (packet := await client.packet())[0].startswith("453000-/loja,"):
            pass
    text, attachments = packet
    assert len(text.encode()) > 5_000_000
    assert len(attachments) == 3000
    assert len(set(answer.json()["ids"])) == 3000
    assert server.database.count("loja") == 3000
