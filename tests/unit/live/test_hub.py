"""The hub on its own: once, in order, bounded, and alive whatever the database does."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

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


async def heard(subscriber: Subscriber, count: int) -> list[int]:
    return [(await asyncio.wait_for(subscriber.next(), 5)).seq for _ in range(count)]


async def test_each_event_is_read_once_for_all_and_encoded_once(hub, store):
    clients = [Subscriber("admin") for _ in range(3)]
    for client in clients:
        await hub.join(TENANT, client)
    hub.announce(TENANT, store.add(TENANT))
    frames = [await asyncio.wait_for(client.next(), 5) for client in clients]
    assert store.readings == 1
    assert all(frame is frames[0] for frame in frames)
    assert json.loads(frames[0].text) == {"v": 1, "seq": 1, "type": "kpi_changed", "payload": {"n": 1}}


async def test_only_the_tenant_is_told_and_nothing_is_read_for_empty_rooms(hub, store):
    client = Subscriber("admin")
    await hub.join(TENANT, client)
    hub.announce(OTHER, store.add(OTHER))
    hub.announce(TENANT, store.add(TENANT))
    assert await heard(client, 1) == [1]
    assert store.readings == 1


async def test_announcements_out_of_order_or_twice_change_nothing(hub, store):
    client = Subscriber("admin")
    await hub.join(TENANT, client)
    for _ in range(3):
        store.add(TENANT)
    for seq in (3, 1, 2, 3):
        hub.announce(TENANT, seq)
    store.add(TENANT)
    hub.announce(TENANT, 4)
    assert await heard(client, 4) == [1, 2, 3, 4]


async def test_a_database_that_fails_costs_no_event(hub, store):
    client = Subscriber("admin")
    await hub.join(TENANT, client)
    store.failures = 2
    hub.announce(TENANT, store.add(TENANT))
    assert await heard(client, 1) == [1]


async def test_what_was_not_announced_is_found_by_recheck(hub, store):
    client = Subscriber("admin")
    await hub.join(TENANT, client)
    store.add(TENANT)
    await hub.recheck()
    assert await heard(client, 1) == [1]


async def test_a_full_client_is_lost_and_the_others_are_not(hub, store):
    slow, quick = Subscriber("admin", capacity=2), Subscriber("admin")
    await hub.join(TENANT, slow)
    await hub.join(TENANT, quick)
    for _ in range(5):
        hub.announce(TENANT, store.add(TENANT))
    assert await heard(quick, 5) == [1, 2, 3, 4, 5]
    assert slow.fell_behind.is_set()
    assert hub.clients == 1


async def test_roles_hear_what_is_for_them(hub, store):
    admin, analyst = Subscriber("admin"), Subscriber("analyst")
    await hub.join(TENANT, admin)
    await hub.join(TENANT, analyst)
    store.add(TENANT, audience="admin")
    hub.announce(TENANT, store.add(TENANT))
    assert await heard(admin, 2) == [1, 2]
    assert await heard(analyst, 1) == [2]


async def test_too_many_clients_of_one_tenant_are_refused(hub):
    for _ in range(3):
        await hub.join(TENANT, Subscriber("admin"))
    with pytest.raises(RateLimited):
        await hub.join(TENANT, Subscriber("admin"))
    await hub.join(OTHER, Subscriber("admin"))


async def test_an_empty_room_is_closed_and_opens_where_the_tenant_stands(hub, store):
    client = Subscriber("admin")
    await hub.join(TENANT, client)
    await hub.leave(TENANT, client)
    assert hub.clients == 0
    hub.announce(TENANT, store.add(TENANT))
    again = Subscriber("admin")
    await hub.join(TENANT, again)
    hub.announce(TENANT, store.add(TENANT))
    assert await heard(again, 1) == [2]
    assert store.readings == 1
