"""Every KPI equals a straight-line recount: after a full build, after what happens later, and while it is open."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from evosense.db.database import connect_sync
from evosense.metrics.recount import recount_a_day
from orchestration.warehouse.build import Days
from tests.integration.warehouse.agreement import (
    assert_marts_equal_the_recount,
    assert_served_equals_the_recount,
    everything,
)
from tests.integration.warehouse.conftest import Warehouse
from tests.integration.warehouse.events import EVENTS, a_late_message_joins_two_conversations
from tests.integration.warehouse.recount import chat, conversations


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
        near = timedelta(hours=tenant.gap_hours) + timedelta(days=2)
        allowed[tenant.id] = {tenant.day(late.sent_at)} | {
            row["local_day"]
            for row in (*before, *conversations(tenant))
            if row["chat_id"] == chat(tenant, late)
            and row["started_at"] - near <= late.sent_at <= row["last_message_at"] + near
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
    incremental = everything(warehouse)
    assert len(incremental) >= 12
    warehouse.build(full_refresh=True)
    full = everything(warehouse)
    for name, rows in incremental.items():
        assert full[name] == rows, name


def test_the_checks_own_recount_says_the_same_and_sees_a_wrong_number(warehouse: Warehouse) -> None:
    warehouse.build()
    rolls = random.Random(3)
    with connect_sync(warehouse.url, "evosense_pipeline", autocommit=True) as connection:
        found = [recount_a_day(connection, [rolls.random() for _ in range(20)]) for _ in range(25)]
        known = [one for one in found if one]
        assert len({(one.tenant_id, one.local_day) for one in known}) > 15
        assert [one.differences for one in known] == [{}] * len(known)
        wrong = known[0]
        with warehouse.admin() as admin:
            admin.execute(
                "update analytics.fct_daily_kpis set messages_in = messages_in + 1, turns = turns + 1"
                " where tenant_id = %s and local_day = %s",
                (wrong.tenant_id, wrong.local_day),
            )
        seen = [recount_a_day(connection, [place / 400]) for place in range(400)]
        differing = {(one.local_day, *one.differences) for one in seen if one and one.differences}
    assert differing == {(wrong.local_day, "messages_in", "turns")}
    warehouse.build(days=Days(wrong.local_day, wrong.local_day, wrong.tenant_id))
    assert_marts_equal_the_recount(warehouse)
