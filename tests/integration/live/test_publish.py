"""Live events are numbered in the order of commit, per tenant, and announced once per transaction."""

import asyncio

import orjson

from evosense.db.database import connect
from evosense.live.models import CHANNEL, NewLiveEvent
from evosense.live.publish import publish


def event(tenant_id, number: int = 0) -> NewLiveEvent:
    return NewLiveEvent(tenant_id, "kpi_changed", "kpis", {"n": number})


async def test_events_are_numbered_and_announced(database_url, pipeline_pool, tenant_id, other_tenant_id):
    listener = await connect(database_url, "evosense_api")
    await listener.execute(f"listen {CHANNEL}")
    async with pipeline_pool.connection() as connection:
        newest = await publish(connection, [event(tenant_id), event(other_tenant_id), event(tenant_id)])
    assert newest == {tenant_id: 2, other_tenant_id: 1}
    heard = [notify async for notify in listener.notifies(timeout=5, stop_after=1)]
    assert sorted(orjson.loads(heard[0].payload)) == sorted([[str(tenant_id), 2], [str(other_tenant_id), 1]])
    await listener.close()


async def test_many_writers_leave_no_holes_and_no_deadlock(pipeline_pool, tenant_id, other_tenant_id):
    async def write(number: int) -> None:
        tenants = [tenant_id, other_tenant_id] if number % 2 else [other_tenant_id, tenant_id]
        async with pipeline_pool.connection() as connection:
            await publish(connection, [event(tenant, number) for tenant in tenants])

    await asyncio.gather(*(write(number) for number in range(40)))
    async with pipeline_pool.connection() as connection:
        rows = await (
            await connection.execute("select tenant_id, array_agg(seq order by seq) from app.live_event group by 1")
        ).fetchall()
    assert dict(rows) == {tenant_id: list(range(1, 41)), other_tenant_id: list(range(1, 41))}
