"""Figures that are made of what is kept in memory: the same as those read anew, whatever happens in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evosense.db.database import AsyncPool, open_pool
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics import vectors
from evosense.metrics.alerts.report import alerts
from evosense.metrics.conversation_pages import ConversationFilter, list_conversations
from evosense.metrics.coverage import coverage
from evosense.metrics.emotions import emotions
from evosense.metrics.latency import answers
from evosense.metrics.leaderboards import leaderboard
from evosense.metrics.memory import Memory
from evosense.metrics.registry import BY_NAME
from evosense.metrics.repository import daily, summary
from evosense.metrics.response_times import response_times
from evosense.metrics.retention.activity import activity
from evosense.metrics.retention.silent_churn import endings, silent_churn
from evosense.metrics.series import heatmap, series
from evosense.metrics.staleness import mark, turn
from evosense.metrics.stitch import clock, find_seam
from evosense.metrics.themes.report import theme_report
from tests.integration.warehouse.conftest import Warehouse
from tests.integration.warehouse.events import EVENTS, revoke, say_today
from tests.integration.warehouse.world import Tenant

METRICS = [BY_NAME[name] for name in ("messages_in", "satisfaction_mean", "first_response_p50_ms", "unanswered_pct")]
ANY, NOW = ConversationFilter(), datetime.now(UTC)


async def shown(pool: AsyncPool, tenant: Tenant, memory: Memory | None) -> list[Any]:
    """All that is made of what is kept, over the tenant's whole time and its later half."""
    async with tenant_transaction(pool, Actor(tenant.id, None, "analyst")) as connection:
        today = (await clock(connection, tenant.id)).today
        first, last = tenant.first_day, max(today, tenant.first_day)
        seam = await find_seam(connection, tenant.id, first, last, memory)
        known = await activity(connection, tenant.id, today, "week", memory)
        late = await find_seam(connection, tenant.id, first + (last - first) // 2, last, memory)
        return [
            await series(connection, seam, METRICS, "day"),
            await series(connection, late, METRICS, "week"),
            await heatmap(connection, seam, METRICS[0]),
            await heatmap(connection, late, METRICS[2]),
            await leaderboard(connection, late, METRICS[1], "connection"),
            await emotions(connection, seam),
            await coverage(connection, seam),
            await answers(connection, seam),
            await daily(connection, tenant.id, first, last, memory),
            await summary(connection, tenant.id, first, last, memory),
            await response_times(connection, seam, timedelta(hours=24), NOW),
            await alerts(connection, tenant.id, memory=memory),
            silent_churn(await endings(connection, seam), today, 1),
            await theme_report(connection, seam),
            await list_conversations(connection, tenant.id, ANY, from_day=first, to_day=last, memory=memory),
            known,
        ]


async def test_memory_never_shows_what_was(warehouse: Warehouse) -> None:
    async with open_pool(warehouse.url, "evosense_api", max_size=1) as pool:
        memory, tenant = Memory(), warehouse.world.tenants[0]
        assert await shown(pool, tenant, memory) == await shown(pool, tenant, None)
        for event in EVENTS:
            with warehouse.admin() as connection:
                event(connection, warehouse.world, tenant)
            assert await shown(pool, tenant, memory) == await shown(pool, tenant, None)
            # Marking takes the rows away that told of the change.
            with warehouse.admin() as connection:
                connection.autocommit = True
                with turn(connection):
                    mark(connection)
            assert await shown(pool, tenant, memory) == await shown(pool, tenant, None)
        warehouse.build()
        assert await shown(pool, tenant, memory) == await shown(pool, tenant, None)


async def test_whoever_goes_on_writing_is_seen_each_time(warehouse: Warehouse) -> None:
    """Changes of one slice of the chats, with no marking between them."""
    async with open_pool(warehouse.url, "evosense_api", max_size=1) as pool:
        memory, tenant = Memory(), warehouse.world.tenants[0]
        identity = min(tenant.links)
        for _ in range(3):
            with warehouse.admin() as connection:
                say_today(connection, warehouse.world, tenant, identity)
            assert await shown(pool, tenant, memory) == await shown(pool, tenant, None)


@pytest.mark.parametrize("remembered", [200, 0], ids=["few without", "too many without to remember"])
async def test_a_vector_counts_from_the_moment_it_comes(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    """It leaves no mark."""
    monkeypatch.setattr(vectors, "_MOST_WITHOUT", remembered)
    memory, tenant = Memory(), warehouse.world.tenants[0]
    with warehouse.admin() as connection:
        said = [say_today(connection, warehouse.world, tenant, identity) for identity in sorted(tenant.links)[:3]]
    today = tenant.day(said[0].sent_at)
    async with open_pool(warehouse.url, "evosense_api", max_size=1) as pool:

        async def counted(memory: Memory | None) -> int:
            async with tenant_transaction(pool, Actor(tenant.id, None, "analyst")) as connection:
                seam = await find_seam(connection, tenant.id, today, today, memory)
                return (await coverage(connection, seam))[today].embedded

        before = await counted(None)
        for number, message in enumerate(said, before):
            assert (await counted(memory), await counted(None)) == (number, number)
            with warehouse.admin() as connection:
                connection.execute(
                    "insert into app.message_embedding (tenant_id, shelf, message_id, config_hash, embedding)"
                    " select t.tenant_id, t.shelf, %s, 'c1:aa', array_fill(0.1, array[768])::halfvec"
                    " from app.tenant as t where t.tenant_id = %s",
                    [message.id, tenant.id],
                )
        assert await counted(memory) == before + len(said)
        with warehouse.admin() as connection:
            revoke(connection, tenant, said[0])
        assert (await counted(memory), await counted(None)) == (before + len(said) - 1,) * 2


async def test_a_state_that_was_marked_never_comes_back(warehouse: Warehouse) -> None:
    tenant = warehouse.world.tenants[0]
    seen = set()
    async with open_pool(warehouse.url, "evosense_api", max_size=1) as pool:
        for _ in range(3):
            with warehouse.admin() as connection:
                EVENTS[0](connection, warehouse.world, tenant)
            async with tenant_transaction(pool, Actor(tenant.id, None, "analyst")) as connection:
                seen.add((await clock(connection, tenant.id)).version)
            with warehouse.admin() as connection:
                connection.autocommit = True
                with turn(connection):
                    mark(connection)
            async with tenant_transaction(pool, Actor(tenant.id, None, "analyst")) as connection:
                seen.add((await clock(connection, tenant.id)).version)
    assert len(seen) == 6
