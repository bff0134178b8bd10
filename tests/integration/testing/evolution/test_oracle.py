"""Three independent readers of one wire: captured bytes, python-socketio, and the product's own client."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
import socketio

from evosense.evolution.link import Joined, connect
from evosense.evolution.socketio import Packet, decode_event
from evosense.testing.evolution import EvolutionStandIn
from tests.integration.testing.evolution.conftest import CAPTURES, KEY, plain_client, small_config

CAPTURED: dict[str, Any] = json.loads(CAPTURES.read_bytes())["socketio_2_3_7"]
NAMESPACES = ["/loja-a", "/loja-b"]


def with_bytes(value: Any) -> Any:
    """The fixture's envelope with real bytes."""
    if isinstance(value, list):
        return [with_bytes(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$bytes_b64"}:
        return base64.b64decode(value["$bytes_b64"])
    return {name: with_bytes(one) for name, one in value.items()}


def replaying() -> EvolutionStandIn:
    server = EvolutionStandIn(small_config(instances=()))
    server.load_captures(CAPTURES)
    return server


class Oracle:
    """python-socketio, collecting (namespace, event, envelope)."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False, websocket_extra_options={"max_msg_size": 0})
        self.heard: list[tuple[str, str, Any]] = []
        self._more = asyncio.Event()

    async def connect(self, server: EvolutionStandIn, namespaces: list[str]) -> None:
        for namespace in namespaces:
            self.client.on("*", self._listener(namespace), namespace=namespace)
        await self.client.connect(server.url, headers={"apikey": KEY}, transports=["websocket"], namespaces=namespaces)

    def _listener(self, namespace: str) -> Any:
        async def listen(event: str, envelope: Any) -> None:
            self.heard.append((namespace, event, envelope))
            self._more.set()

        return listen

    def messages(self) -> set[tuple[str, str, bool]]:
        """(instance, id, from me) of the messages heard."""
        return {
            (namespace[1:], envelope["data"]["key"]["id"], envelope["data"]["key"]["fromMe"])
            for namespace, event, envelope in self.heard
            if event in ("messages.upsert", "send.message")
        }

    async def wait_for(self, count: int) -> list[tuple[str, str, Any]]:
        while len(self.heard) < count:
            self._more.clear()
            await asyncio.wait_for(self._more.wait(), 10)
        return self.heard


@pytest.mark.parametrize("name", CAPTURED)
async def test_captures_are_replayed_byte_for_byte(name: str) -> None:
    capture = CAPTURED[name]
    async with replaying() as server, plain_client(server) as client:
        await client.join(f"/{capture['envelope']['instance']}")
        server.replay(name)
        text, attachments = await client.packet()
    frames = [text, *({"$bin_b64": base64.b64encode(part).decode()} for part in attachments)]
    assert frames == capture["frames"]


async def test_the_oracle_and_our_client_read_all_captures_alike() -> None:
    async with replaying() as server:
        oracle = Oracle()
        await oracle.connect(server, NAMESPACES)
        async with await connect(server.url, KEY) as link:
            for namespace in NAMESPACES:
                link.join(namespace)
            joined: set[str] = set()
            while not joined >= set(NAMESPACES):
                if isinstance(answer := await asyncio.wait_for(link.receive(), 10), Joined):
                    joined.add(answer.namespace)
            for name in CAPTURED:
                server.replay(name)
            ours: list[tuple[str, str, Any]] = []
            while len(ours) < len(CAPTURED):
                packet = await asyncio.wait_for(link.receive(), 10)
                if isinstance(packet, Packet):
                    event, arguments = decode_event(packet)
                    ours.append((packet.namespace, event, arguments[0]))
        heard = await oracle.wait_for(len(CAPTURED))
        await oracle.client.disconnect()
    expected = [
        (f"/{one['envelope']['instance']}", one["event"], with_bytes(one["envelope"])) for one in CAPTURED.values()
    ]
    assert ours == expected
    # python-socketio handles every event in a task of its own: order is not its promise.
    assert sorted(map(repr, heard)) == sorted(map(repr, expected))


async def test_the_oracle_reads_a_thousand_played_messages_as_they_are_stored() -> None:
    async with EvolutionStandIn(small_config()) as server:
        oracle = Oracle()
        await oracle.connect(server, ["/loja", "/clinica"])
        assert await server.load.burst(1000) == 1000
        stored = {(name, row[1], row[2]) for name in ("loja", "clinica") for row in server.database.ledger(name)}
        while len(heard := oracle.messages()) < len(stored):
            await oracle.wait_for(len(oracle.heard) + 1)
        await oracle.client.disconnect()
    assert heard == stored
    assert len(stored) == 1000
