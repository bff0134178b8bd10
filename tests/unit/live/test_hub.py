"""The hub on its own: once, in order, bounded, and alive whatever the database does."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from websockets import frames
from websockets.streams import StreamReader

from evosense.errors import RateLimited
from evosense.live.hub import Hub, Subscriber
from evosense.live.models import LiveEvent

TENANT, OTHER = uuid4(), uuid4()


class Store:
    """Events of tenants, as a database would hold them; counts how often it is asked."""

    def __init__(self) -> None:
        self.events: dict = {TENANT: [], OTHER: []}
        self.readings = 0
        self.failures = 0

    def add(self, tenant, audience="tenant") -> int:
        seq = len(self.events[tenant]) + 1
        self.events[tenant].append(
            LiveEvent(seq, "kpi_changed", "kpis", audience, {"n": seq}, datetime(2026, 11, 20, tzinfo=UTC))
        )
        return seq

    async def since(self, tenant, since, limit):
        self.readings += 1
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        return [event for event in self.events[tenant] if event.seq > since][:limit]

    async def newest(self, tenant):
        return len(self.events[tenant])


@pytest.fixture
def store():
    return Store()


@pytest.fixture
async def hub(store):
    hub = Hub(store.since, store.newest, max_per_tenant=3, retry_seconds=0)
    yield hub
    await hub.close()


class Client(Subscriber):
    """A client that keeps what is written to it; `room` is how many frames it takes before it is too slow."""

    def __init__(self, role="admin", *, room=1000, last=0) -> None:
        super().__init__(role)
        self.wires: list[bytes] = []
        self._room = room
        self._news = asyncio.Event()
        self.attach(self._take, last)

    def _take(self, wire: bytes) -> bool:
        self.wires.append(wire)
        self._news.set()
        return len(self.wires) <= self._room

    async def hear(self, count: int) -> list[int]:
        async with asyncio.timeout(5):
            while len(self.wires) < count:
                self._news.clear()
                await self._news.wait()
        return [message(wire)["seq"] for wire in self.wires[:count]]


def message(wire: bytes) -> dict:
    """What a WebSocket client makes of the bytes."""
    reader = StreamReader()
    reader.feed_data(wire)
    parser = frames.Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as parsed:
        next(parser)
    return json.loads(parsed.value.value.data)


async def heard(client: Client, count: int) -> list[int]:
    return await client.hear(count)


async def test_each_event_is_read_once_for_all_and_encoded_once(hub, store):
    clients = [Client() for _ in range(3)]
    for client in clients:
        await hub.join(TENANT, client)
    hub.announce(TENANT, store.add(TENANT))
    assert [await heard(client, 1) for client in clients] == [[1]] * 3
    assert store.readings == 1
    (wire,) = clients[0].wires
    assert all(client.wires[0] is wire for client in clients)
    assert message(wire) == {"v": 1, "seq": 1, "type": "kpi_changed", "payload": {"n": 1}}


async def test_only_the_tenant_is_told_and_nothing_is_read_for_empty_rooms(hub, store):
    client = Client("admin")
    await hub.join(TENANT, client)
    hub.announce(OTHER, store.add(OTHER))
    hub.announce(TENANT, store.add(TENANT))
    assert await heard(client, 1) == [1]
    assert store.readings == 1


async def test_announcements_out_of_order_or_twice_change_nothing(hub, store):
    client = Client("admin")
    await hub.join(TENANT, client)
    for _ in range(3):
        store.add(TENANT)
    for seq in (3, 1, 2, 3):
        hub.announce(TENANT, seq)
    store.add(TENANT)
    hub.announce(TENANT, 4)
    assert await heard(client, 4) == [1, 2, 3, 4]


async def test_a_database_that_fails_costs_no_event(hub, store):
    client = Client("admin")
    await hub.join(TENANT, client)
    store.failures = 2
    hub.announce(TENANT, store.add(TENANT))
    assert await heard(client, 1) == [1]


async def test_what_was_not_announced_is_found_by_recheck(hub, store):
    client = Client("admin")
    await hub.join(TENANT, client)
    store.add(TENANT)
    await hub.recheck()
    assert await heard(client, 1) == [1]


async def test_a_full_client_is_lost_and_the_others_are_not(hub, store):
    slow, quick = Client(room=2), Client()
    await hub.join(TENANT, slow)
    await hub.join(TENANT, quick)
    for _ in range(5):
        hub.announce(TENANT, store.add(TENANT))
    assert await heard(quick, 5) == [1, 2, 3, 4, 5]
    assert slow.fell_behind.is_set()
    assert hub.clients == 1


async def test_frames_wait_while_a_client_catches_up_and_none_comes_twice(hub, store):
    client, witness = Subscriber("admin"), Client()
    await hub.join(TENANT, client)
    await hub.join(TENANT, witness)
    for _ in range(3):
        hub.announce(TENANT, store.add(TENANT))
    await heard(witness, 3)
    wires: list[bytes] = []
    client.attach(lambda wire: wires.append(wire) or True, last=2)
    hub.announce(TENANT, store.add(TENANT))
    await heard(witness, 4)
    assert [message(wire)["seq"] for wire in wires] == [3, 4]


async def test_a_client_that_catches_up_for_too_long_is_lost(hub, store):
    client, witness = Subscriber("admin", capacity=2), Client()
    await hub.join(TENANT, client)
    await hub.join(TENANT, witness)
    for _ in range(3):
        hub.announce(TENANT, store.add(TENANT))
    await heard(witness, 3)
    assert client.fell_behind.is_set()
    assert hub.clients == 1


async def test_roles_hear_what_is_for_them(hub, store):
    admin, analyst = Client("admin"), Client("analyst")
    await hub.join(TENANT, admin)
    await hub.join(TENANT, analyst)
    store.add(TENANT, audience="admin")
    hub.announce(TENANT, store.add(TENANT))
    assert await heard(admin, 2) == [1, 2]
    assert await heard(analyst, 1) == [2]


async def test_too_many_clients_of_one_tenant_are_refused(hub):
    for _ in range(3):
        await hub.join(TENANT, Client("admin"))
    with pytest.raises(RateLimited):
        await hub.join(TENANT, Client("admin"))
    await hub.join(OTHER, Client("admin"))


async def test_an_empty_room_is_closed_and_opens_where_the_tenant_stands(hub, store):
    client = Client("admin")
    await hub.join(TENANT, client)
    await hub.leave(TENANT, client)
    assert hub.clients == 0
    hub.announce(TENANT, store.add(TENANT))
    again = Client("admin")
    await hub.join(TENANT, again)
    hub.announce(TENANT, store.add(TENANT))
    assert await heard(again, 1) == [2]
    assert store.readings == 1
