"""Lazy namespaces, the event that goes to nobody, no replay, no isolation, global mode, subscriptions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from evosense.testing.evolution import Draft, EvolutionStandIn, InstanceSpec
from tests.integration.testing.evolution.conftest import plain_client, small_config

NewText = Callable[..., Draft]


async def test_a_namespace_is_made_by_its_first_event_which_nobody_hears(
    server: EvolutionStandIn, text: NewText
) -> None:
    server.load.add_instances({"name": "nova"})
    await server.restart()
    # A closed instance emits nothing at boot, so its namespace does not exist.
    server.instance("nova").state = "close"
    await server.restart()
    async with plain_client(server) as client:
        assert await client.join("/nova") == '44/nova,{"message":"Invalid namespace"}'
        server.deliver("nova", [text("ninguém ouve")])
        assert (await client.join("/nova")).startswith('40/nova,{"sid":')
        server.deliver("nova", [text("alguém ouve")])
        (data,) = await client.messages(1)
    assert data["message"]["conversation"] == "alguém ouve"


async def test_namespaces_come_some_time_after_the_port(text: NewText) -> None:
    async with EvolutionStandIn(small_config(boot_s=0.2)) as server, plain_client(server) as client:
        assert await client.join("/loja") == '44/loja,{"message":"Invalid namespace"}'
        await asyncio.sleep(0.3)
        assert (await client.join("/loja")).startswith('40/loja,{"sid":')


async def test_nothing_is_replayed(server: EvolutionStandIn, text: NewText) -> None:
    server.deliver("loja", [text("perdida")])
    async with plain_client(server) as client:
        await client.join("/loja")
        server.deliver("loja", [text("chegou")])
        (data,) = await client.messages(1)
    assert data["message"]["conversation"] == "chegou"


async def test_one_link_joins_many_namespaces_and_any_token_joins_any(server: EvolutionStandIn, text: NewText) -> None:
    async with plain_client(server, "token-loja") as client:
        for namespace in ("/loja", "/clinica"):
            assert (await client.join(namespace)).startswith(f"40{namespace},")
        server.deliver("clinica", [text()])
        _, envelope = await client.event()
        assert (envelope["instance"], envelope["apikey"]) == ("clinica", "token-clinica")
        await client.socket.send("41/clinica,")
        while server.hub.members("/clinica"):
            await client.quiet()
        server.deliver("clinica", [text()])
        server.deliver("loja", [text()])
        assert [(await client.event())[1]["instance"] for _ in range(2)] == ["loja", "loja"]


async def test_names_with_accents_and_spaces_work(text: NewText) -> None:
    config = small_config(instances=(InstanceSpec("Loja Ação 1", "t"),))
    async with EvolutionStandIn(config) as server, plain_client(server) as client:
        assert (await client.join("/Loja Ação 1")).startswith("40/Loja Ação 1,")
        server.deliver("Loja Ação 1", [text()])
        assert (await client.event())[1]["instance"] == "Loja Ação 1"


async def test_global_mode_emits_everything_on_the_root_whatever_is_subscribed(text: NewText) -> None:
    async with EvolutionStandIn(small_config(global_events=True)) as server, plain_client(server) as client:
        server.instance("loja").websocket.events = ["CONNECTION_UPDATE"]
        await client.socket.send("40")
        await client.frame()
        server.deliver("loja", [text()])
        server.deliver("clinica", [text()])
        names = [(name, envelope["instance"]) for name, envelope in [await client.event() for _ in range(4)]]
    assert names == [
        ("messages.upsert", "loja"),
        ("contacts.upsert", "loja"),
        ("messages.upsert", "clinica"),
        ("contacts.upsert", "clinica"),
    ]


async def test_only_subscribed_events_reach_a_namespace(
    server: EvolutionStandIn, http: httpx.AsyncClient, text: NewText
) -> None:
    chosen = {"websocket": {"enabled": True, "events": ["MESSAGES_UPSERT"]}}
    assert (await http.post("/websocket/set/loja", json=chosen)).status_code == 201
    async with plain_client(server) as client:
        await client.join("/loja")
        server.deliver("loja", [text("um"), text("dois")])
        assert [(await client.event())[0] for _ in range(2)] == ["messages.upsert", "messages.upsert"]
        await http.post("/websocket/set/loja", json={"websocket": {"enabled": True, "events": []}})
        # The real server's list says GROUP_UPDATE, the event maps to GROUPS_UPDATE: it reaches no instance socket.
        server.bus.emit(server.instance("loja"), "groups.update", [{}])
        server.bus.emit(server.instance("loja"), "presence.update", {})
        assert (await client.event())[0] == "presence.update"
        await http.post("/websocket/set/loja", json={"websocket": {"enabled": False, "events": []}})
        server.deliver("loja", [text()])
        assert await client.quiet()


async def test_the_envelope_has_the_servers_wall_clock_with_a_false_z(text: NewText) -> None:
    moment = 1_795_216_241.039  # 2026-11-20T23:10:41.039Z, 20:10 in São Paulo
    async with EvolutionStandIn(small_config(), clock=lambda: moment) as server, plain_client(server) as client:
        await client.join("/loja")
        server.deliver("loja", [text()])
        _, envelope = await client.event()
    assert envelope["date_time"] == "2026-11-20T20:10:41.039Z"
    assert envelope["sender"] == "5511900000001@s.whatsapp.net"
    assert list(envelope) == ["event", "instance", "data", "server_url", "date_time", "sender", "apikey"]
    assert envelope["server_url"] == server.url


async def test_an_envelope_of_another_instance_can_be_forced_into_a_namespace(server: EvolutionStandIn) -> None:
    async with plain_client(server) as client:
        await client.join("/loja")
        envelope = server.bus.envelope(server.instance("clinica"), "messages.upsert", {"key": {}})
        server.bus.emit_envelope("/loja", envelope)
        assert (await client.event())[1]["instance"] == "clinica"
