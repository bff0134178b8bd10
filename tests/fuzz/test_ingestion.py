"""Frames, envelopes and webhooks that nobody would send, through the real reader, writer and database.

Whatever comes: nothing crashes, every row belongs to the company of the connection it came on, and no secret or word of
a customer is in a log line or, decrypted, in a raw event. Two companies share one link, as under a server's global key.
"""

from __future__ import annotations

import asyncio
import copy
import io
import json
import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evosense.connections.models import Lease
from evosense.connections.repository import add_connection, listening_to
from evosense.connections.webhook_secrets import offered_by
from evosense.db.database import AsyncPool, open_pool
from evosense.errors import EvoSenseError
from evosense.evolution.engineio import ProtocolError
from evosense.evolution.socketio import Assembler, Packet, PacketType
from evosense.messages.inbox import Inbox
from evosense.messages.raw_events import unseal
from evosense.messages.recipients import recipient_of
from evosense.messages.webhooks import WebhookReceiver, read_body
from evosense.tenants.keyring import Keyring
from evosense.tenants.keys import MasterKey, TenantKeys
from evosense.tenants.repository import add_tenant, open_keys
from evosense.testing.evolution.packing import event_packet
from ingestion.decode import Decoder
from ingestion.held import Arrival, Held
from ingestion.metrics import Metrics
from tests.conftest import SECRET_KEY
from tests.e2e.frame_reader import load
from tests.process_log import process_log

FULL = os.environ.get("EVOSENSE_PROFILE") == "full"
FLUSHES, PER_FLUSH, POSTS = (8_000, 10, 24_000) if FULL else (320, 5, 400)
pytestmark = pytest.mark.fuzz
NOW = datetime.now(UTC)
SECRET, WEBHOOK_SECRET = "TOKEN-THAT-NOBODY-MAY-SEE", "the webhook secret that nobody may see"
ENVELOPES = [capture["envelope"] for capture in load()["socketio_2_3_7"].values()]
CANARIES = ("ALFA-", "BETA-")  # what the customers of each company write
INSTANCES = ("loja-alfa", "loja-beta")

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=8)
    | st.sampled_from(["", "\x00", "\ud800", "1@s.whatsapp.net", "9@lid", "1@g.us", "status@broadcast", *INSTANCES])
    | st.sampled_from([2**63, -(2**70), 1e308, True, "9" * 40])
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
mutations = st.lists(st.tuples(st.lists(st.integers(0, 20), min_size=1, max_size=6), values), max_size=3)
spoken = st.tuples(st.integers(0, 1), st.sampled_from(range(len(ENVELOPES))), mutations)
noise = st.one_of(st.text(alphabet='0123456789-/[]{},"abn:\\', max_size=30), st.binary(max_size=12))
broken_frames = st.lists(st.tuples(st.integers(0, 9), noise), max_size=2)
headers = st.dictionaries(
    st.sampled_from(["x-evosense-secret", "authorization", "apikey", "content-type"]),
    st.text(max_size=30)
    | st.sampled_from([WEBHOOK_SECRET, f"Bearer {WEBHOOK_SECRET}", "Bearer a.b.c", f"Bearer {SECRET}"]),
    max_size=3,
)
bodies = st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))


def thorough(cases: int) -> Any:
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(max_examples=cases, deadline=None, suppress_health_check=checks, database=None)


class World:
    """Two companies on one server, the reader's and the writer's parts, and all that was logged."""

    def __init__(self, url: str, told: io.StringIO) -> None:
        self.runner = asyncio.Runner()
        self.url = url
        self.told = told
        self.master = MasterKey.from_secret(SECRET_KEY)
        self.held: list[Held] = []
        self.keys: dict[UUID, TenantKeys] = {}
        self.decoder = Decoder(Metrics())
        self.pool: AsyncPool
        self.runner.run(self._open())

    async def _open(self) -> None:
        self._context = open_pool(self.url, "evosense_pipeline", max_size=2)
        self.pool = await self._context.__aenter__()
        for number, instance in enumerate(INSTANCES):
            async with self.pool.connection() as connection:
                tenant_id = await add_tenant(connection, self.master, name=instance)
                keys = self.keys[tenant_id] = await open_keys(connection, self.master, tenant_id)
                connection_id = await add_connection(
                    connection, keys, name=instance, server_url="http://evo.test", instance=instance, token=SECRET,
                    webhook_secret=f"{WEBHOOK_SECRET}{number or ''}",
                )  # fmt: skip
                found = await listening_to(connection, connection_id)
            self.held.append(Held(found, Lease(tenant_id, connection_id, 1), recipient_of(found, keys), SECRET))
        self.inbox = Inbox(self.pool)
        self.receiver = WebhookReceiver(self.pool, Keyring(self.master))

    async def _close(self) -> None:
        await self._context.__aexit__(None, None, None)

    def close(self) -> None:
        self.runner.run(self._close())
        self.runner.close()


@pytest.fixture
def world(database_url: str) -> Generator[World]:
    with process_log() as told:
        made = World(database_url, told)
        yield made
        made.close()


def envelope(company: int, which: int, changes: list[tuple[list[int], Any]], *, number: int) -> dict[str, Any]:
    """A captured envelope, of a company, with parts replaced."""
    changed = _own(copy.deepcopy(ENVELOPES[which]), CANARIES[company], number)
    changed |= {"instance": INSTANCES[company], "apikey": SECRET}
    for place, value in changes:
        _replace(changed, place, value)
    return changed


def _own(node: Any, canary: str, number: int) -> Any:
    """The envelope with the company's words, another message's id, and secrets where secrets are."""
    if isinstance(node, list):
        return [_own(child, canary, number) for child in node]
    if not isinstance(node, dict):
        return node
    owned: dict[str, Any] = {}
    for key, child in node.items():
        if key in ("conversation", "caption", "pushName") and isinstance(child, str):
            owned[key] = f"{canary}{child}"
        elif key in ("mediaKey", "messageSecret", "base64"):
            owned[key] = SECRET
        elif key in ("id", "keyId") and isinstance(child, str) and "@" not in child:
            owned[key] = f"{child}-{number % 50}"
        else:
            owned[key] = _own(child, canary, number)
    return owned


def _replace(node: Any, place: list[int], value: Any) -> None:
    for step in place:
        if not isinstance(node, dict | list) or not node:
            return
        children = list(node) if isinstance(node, dict) else range(len(node))
        parent, key = node, children[step % len(children)]
        node = parent[key]
        if key in ("apikey", "mediaKey", "messageSecret"):
            return
    parent[key] = value


def frames(sent: dict[str, Any], namespace: str) -> list[str | bytes]:
    """The packet as JavaScript would write it: lone surrogates, huge numbers and NaN included."""
    parts: list[bytes] = []

    def placeholder(value: bytes) -> dict[str, Any]:
        parts.append(value)
        return {"_placeholder": True, "num": len(parts) - 1}

    body = json.dumps(sent, default=placeholder).encode()
    packet = event_packet(namespace, "messages.upsert", body, parts)
    return [packet.text.decode(), *packet.attachments]


def packets(wire: list[str | bytes]) -> Iterator[Packet]:
    """The event packets among frames, as the reader finds them."""
    assembler = Assembler()
    for frame in wire:
        try:
            packet = assembler.feed(frame)
        except ProtocolError:
            continue
        if packet is not None and packet.type in (PacketType.EVENT, PacketType.BINARY_EVENT):
            yield packet


def check(world: World, database_url: str) -> None:
    """What must hold after everything."""
    told = world.told.getvalue()
    assert "event_dropped" not in told
    for secret in (SECRET, WEBHOOK_SECRET, *CANARIES):
        assert secret not in told
    first, second = (held.recipient for held in world.held)
    with psycopg.connect(database_url) as connection:
        for table in ("app.message", "app.message_event", "app.identity", "app.chat", "raw.evolution_event"):
            found = connection.execute(f"select distinct tenant_id, connection_id from {table}").fetchall()
            pairs = {(each.tenant_id, each.connection_id) for each in (first, second)}
            assert set(found) <= pairs, table
            assert found, table
        for recipient, canary in ((first, CANARIES[1]), (second, CANARIES[0])):
            foreign = "select count(*) from {} where tenant_id = %s and text like %s"
            for table in ("app.message_body", "app.message_event"):
                query = foreign.format(table)
                assert connection.execute(query, (recipient.tenant_id, f"%{canary}%")).fetchone() == (0,)
        rows = connection.execute(
            "select tenant_id, id, payload from raw.evolution_event order by id desc limit 3000"
        ).fetchall()
    for tenant_id, raw_id, payload in rows:
        assert SECRET not in str(unseal(world.keys[tenant_id], raw_id, payload))


def test_frames_on_a_shared_link(world: World, database_url: str) -> None:
    routes = {held.namespace: held for held in world.held}
    count = 0

    @thorough(FLUSHES)
    @given(st.lists(spoken, min_size=PER_FLUSH, max_size=PER_FLUSH), broken_frames, st.booleans())
    def run(sent: list[Any], broken: list[tuple[int, Any]], by_root: bool) -> None:
        nonlocal count
        wire: list[str | bytes] = []
        for company, which, changes in sent:
            count += 1
            namespace = "/" if by_root else f"/{INSTANCES[company]}"
            made = envelope(company, which, changes, number=count)
            if by_root:  # there the server's word for whose it is stands alone
                made["instance"] = INSTANCES[company]
            wire += frames(made, namespace)
        for place, frame in broken:
            wire.insert(min(place, len(wire)), frame)
        arrivals = [Arrival(routes, packet, datetime.now(UTC), 1) for packet in packets(wire)]
        heard = [item for _, item in world.decoder.heard(arrivals)]
        for item in heard:
            item.fence = None
        world.runner.run(world.inbox.store(heard))

    run()
    assert count >= FLUSHES * PER_FLUSH
    check(world, database_url)


def test_webhooks(world: World, database_url: str) -> None:
    count = 0
    refused: set[int] = set()

    async def post(company: int, given_headers: dict[str, str], sent: Any, by_instance: bool, event: str) -> None:
        offered = offered_by(given_headers)
        body = read_body(sent if isinstance(sent, bytes) else json.dumps(sent, default=list).encode())
        receiver = world.receiver
        if by_instance:
            claim = await receiver.claim_by_body(body, offered, await receiver.claims_by_secret(offered))
        else:
            claim = await receiver.claim(world.held[company].id, offered)
        assert any(WEBHOOK_SECRET in word for word in offered)
        await receiver.receive(claim, body, received_at=datetime.now(UTC), event_name=event)

    @thorough(POSTS)
    @given(spoken, headers, bodies, st.integers(0, 4), st.booleans(), st.text(max_size=12))
    def run(what: Any, given_headers: dict[str, str], body: bytes, kind: int, by_instance: bool, event: str) -> None:
        nonlocal count
        count += 1
        company, which, changes = what
        if kind:  # mostly well proven, so that what is inside gets its turn
            given_headers = {"x-evosense-secret": f"{WEBHOOK_SECRET}{company or ''}"}
        speaker = 1 - company if kind == 4 else company  # 4: what the other company heard, posted to this one's address
        sent = body if kind == 3 else envelope(speaker, which, changes, number=count)
        try:
            world.runner.run(post(company, given_headers, sent, by_instance, event))
        except EvoSenseError as error:
            refused.add(error.status)

    run()
    assert refused == {401, 403, 422}
    assert count >= POSTS
    check(world, database_url)
