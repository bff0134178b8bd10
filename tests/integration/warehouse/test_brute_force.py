"""Every KPI equals a straight-line recount: after a full build, after what happens later, and while it is open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.integration.warehouse.agreement import (
    assert_marts_equal_the_recount,
    assert_served_equals_the_recount,
    marts,
)
from tests.integration.warehouse.conftest import Warehouse
from tests.integration.warehouse.events import EVENTS, a_late_message_joins_two_conversations
from tests.integration.warehouse.recount import conversations


def let_things_happen(warehouse: Warehouse, times: int) -> None:
    world = warehouse.world
    for event in world.random.sample(EVENTS * times, len(EVENTS) * times):
        for tenant in world.tenants:
            with warehouse.admin() as connection:
                event(connection, world, tenant)


def test_a_full_build_equals_the_recount(warehouse: Warehouse) -> None:
    warehouse.build(full_refresh=True)
    assert_marts_equal_the_recount(warehouse)


async def test_a_late_message_costs_the_days_of_its_conversations_only(warehouse: Warehouse) -> None:
    warehouse.build()
    allowed: dict[Any, set[date]] = {}
    for tenant in warehouse.world.tenants:
        before = conversations(tenant)
        with warehouse.admin() as connection:
            late = a_late_message_joins_two_conversations(connection, warehouse.world, tenant)
        chat = tenant.links.get(late.chat_identity, (late.chat_identity,))[0]
        near = timedelta(hours=tenant.gap_hours) + timedelta(days=2)
        allowed[tenant.id] = {tenant.day(late.sent_at)} | {
            row["local_day"]
            for row in (*before, *conversations(tenant))
            if row["chat_id"] == chat and row["started_at"] - near <= late.sent_at <= row["last_message_at"] + near
        }
    open_days = await assert_served_equals_the_recount(warehouse)
    today = {tenant.id: tenant.day(datetime.now(UTC)) for tenant in warehouse.world.tenants}
    for tenant, days in open_days.items():
        assert 0 < len(days - {today[tenant]}) <= 8
        assert days <= allowed[tenant] | {today[tenant]}


async def test_what_happens_later_is_right_at_once_and_built_incrementally(warehouse: Warehouse) -> None:
    let_things_happen(warehouse, times=2)
    await assert_served_equals_the_recount(warehouse)

    warehouse.build()
    assert_marts_equal_the_recount(warehouse)
    open_days = await assert_served_equals_the_recount(warehouse)
    today = {tenant.id: {tenant.day(datetime.now(UTC))} for tenant in warehouse.world.tenants}
    assert all(days <= today[tenant] for tenant, days in open_days.items())

    let_things_happen(warehouse, times=1)
    warehouse.build()
    incremental = marts(warehouse)
    warehouse.build(full_refresh=True)
    assert marts(warehouse) == incremental
