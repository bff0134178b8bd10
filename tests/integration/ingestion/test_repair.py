"""A repair that is interrupted, as by a link that is cut again and again."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from evosense.connections.models import Lease
from evosense.connections.repository import listening_to
from evosense.db.database import AsyncPool, open_pool
from evosense.evolution.client import EvolutionClient
from evosense.messages.inbox import Inbox
from evosense.messages.models import Heard, Stored
from evosense.messages.recipients import recipient_of
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.server import EvolutionStandIn
from ingestion.held import Held
from ingestion.late import LOOK_BACK, LateArrivals
from ingestion.metrics import Metrics
from ingestion.repair import Repairer
from tests.integration.ingestion.conftest import Rows, draft
from tests.loopback import LOOPBACK

MESSAGES, EVERY_S = 1_200, 9  # three hours


class Interrupted(Inbox):
    """Stores one page and then says that it is stuck."""

    def __init__(self, pool: AsyncPool) -> None:
        super().__init__(pool)
        self.stuck = asyncio.Event()
        self._stored = 0

    async def store(self, heard: Sequence[Heard]) -> Stored:
        if self._stored:
            self.stuck.set()
            await asyncio.Event().wait()
        self._stored = (await super().store(heard)).messages
        return Stored(messages=self._stored)


async def test_an_interrupted_repair_goes_on_where_it_was(
    evolution: EvolutionStandIn,
    connect_instance: Callable[[], Awaitable[UUID]],
    pipeline_pool: AsyncPool,
    master_key: MasterKey,
    tenant_id: UUID,
    rows: Rows,
    admin_connection: psycopg.Connection,
) -> None:
    connection_id = await connect_instance()
    admin_connection.execute("update app.connection set created_at = now() - interval '4 hours'")
    now = int(time.time())
    sent = [replace(draft(f"M{number}"), sent_at=now - EVERY_S * number) for number in range(MESSAGES)]
    evolution.deliver("loja-a", sent)
    async with pipeline_pool.connection() as connection:
        await connection.execute(
            "insert into app.connection_lease values (%s, %s, 'me', 1, now() + interval '1 hour')",
            (tenant_id, connection_id),
        )
        found = await listening_to(connection, connection_id)
        keys = await open_keys(connection, master_key, tenant_id)
    assert found is not None
    held = Held(found, Lease(tenant_id, connection_id, 1), recipient_of(found, keys), "token-a")

    inbox = Interrupted(pipeline_pool)
    repairer = Repairer(pipeline_pool, inbox, Metrics(), allowed=LOOPBACK)
    first = await repairer.begin(held, "start")
    assert first is not None
    task = asyncio.create_task(repairer.repair(held, first))
    await inbox.stuck.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    ((state, so_far),) = rows.all("select state, recovered from app.ingestion_gap")
    assert state == "open"
    assert 0 < so_far < MESSAGES

    repairer = Repairer(pipeline_pool, Inbox(pipeline_pool), Metrics(), allowed=LOOPBACK)
    second = await repairer.begin(held, "reconnect")
    assert second is not None
    assert (second.id, second.recovered) == (first.id, so_far)
    assert second.unread_from > first.unread_from
    assert await repairer.repair(held, second) == MESSAGES
    assert rows.all("select state, recovered, from_at from app.ingestion_gap") == [
        ("repaired", MESSAGES, first.unread_from)
    ]
    assert rows.all("select count(*) from app.message") == [(MESSAGES,)]


async def test_gaps_that_wait_leave_connections_to_the_writer(
    connect_instance: Callable[[], Awaitable[UUID]],
    database_url: str,
    master_key: MasterKey,
    tenant_id: UUID,
    admin_connection: psycopg.Connection,
) -> None:
    """Hundreds of links that begin at once, in a pool as large as a listener's."""
    connection_id = await connect_instance()
    async with open_pool(database_url, "evosense_pipeline", max_size=8) as pool:
        async with pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            found = await listening_to(connection, connection_id)
        assert found is not None
        held = Held(found, Lease(tenant_id, connection_id, 1), recipient_of(found, keys), "token-a")
        repairer = Repairer(pool, Inbox(pool), Metrics(), allowed=LOOPBACK)
        with admin_connection.transaction():
            admin_connection.execute("lock table app.ingestion_gap in access exclusive mode")
            begun = [asyncio.create_task(repairer.begin(held, "start")) for _ in range(100)]
            await asyncio.sleep(0.5)
            async with pool.connection(timeout=10) as connection:
                await connection.execute("select from app.message")
        assert all(await asyncio.gather(*begun))


async def test_what_was_found_late_is_not_remembered_for_ever(
    evolution: EvolutionStandIn,
    connect_instance: Callable[[], Awaitable[UUID]],
    pipeline_pool: AsyncPool,
    master_key: MasterKey,
    tenant_id: UUID,
) -> None:
    """A quarter of an hour whose counts differ for good is fetched once, while it can be asked for at all."""
    connection_id = await connect_instance()
    async with pipeline_pool.connection() as connection:
        keys = await open_keys(connection, master_key, tenant_id)
        found = await listening_to(connection, connection_id)
    held = Held(found, Lease(tenant_id, connection_id, 1), recipient_of(found, keys), "token-a")
    now = datetime.now(UTC)
    evolution.deliver("loja-a", [replace(draft("A"), sent_at=int(now.timestamp()) - 3_600)])
    late = LateArrivals(pipeline_pool)
    async with EvolutionClient(evolution.url, "token-a") as client:
        assert len(await late.stretches(held, client, now - LOOK_BACK, now)) == 1
        assert await late.stretches(held, client, now - LOOK_BACK, now) == []
        months_later = now + timedelta(days=90)
        assert await late.stretches(held, client, months_later - LOOK_BACK, months_later) == []
    assert late._fetched == {}
