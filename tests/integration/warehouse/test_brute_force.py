"""Every KPI equals a straight-line recount: after a full build, after what happens later, and while it is open."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from evosense.db.database import open_pool
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.models import DailyKpis, Kpis
from evosense.metrics.repository import daily
from tests.integration.warehouse.conftest import Warehouse
from tests.integration.warehouse.recount import conversations, recount
from tests.integration.warehouse.world import (
    Message,
    Tenant,
    World,
    mark_dirty,
    write_inferences,
    write_links,
    write_messages,
    write_scores,
)


def marts(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """All rows of both marts in a fixed order."""
    with warehouse.admin() as connection, connection.cursor(row_factory=dict_row) as cursor:
        days = cursor.execute("select * from analytics.fct_daily_kpis order by tenant_id, local_day").fetchall()
        found = cursor.execute("select * from analytics.fct_conversations order by tenant_id, conversation_id")
        return {"days": days, "conversations": found.fetchall()}


def assert_marts_equal_the_recount(warehouse: Warehouse) -> None:
    built = marts(warehouse)
    for tenant in warehouse.world.tenants:
        rows = {
            row.pop("local_day"): {name: value for name, value in row.items() if name != "tenant_id"}
            for row in built["days"]
            if row["tenant_id"] == tenant.id
        }
        assert rows == recount(tenant)
        known = sorted(conversations(tenant), key=lambda row: row["conversation_id"])
        columns = list(known[0])
        assert [
            {name: row[name] for name in columns} for row in built["conversations"] if row["tenant_id"] == tenant.id
        ] == known


async def served(warehouse: Warehouse, tenant: Tenant, first: date, last: date) -> dict[date, DailyKpis]:
    async with open_pool(warehouse.url, "evosense_api", max_size=1) as pool:
        actor = Actor(tenant_id=tenant.id, user_id=None, role="analyst")
        async with tenant_transaction(pool, actor) as connection:
            return {day.local_day: day for day in await daily(connection, tenant.id, first, last)}


def flat(day: DailyKpis) -> dict[str, Any]:
    """A served day in the shape of the recount's rows, derived figures included."""
    values: dict[str, Any] = {"active_contacts": day.active_contacts}
    for figures in (day.kpis.messages, day.kpis.inferences, day.kpis.conversations):
        values |= asdict(figures)
        values |= {
            name: getattr(figures, name) for name, kind in vars(type(figures)).items() if isinstance(kind, property)
        }
    values["prompt_hashes"], values["config_hashes"] = list(values["prompt_hashes"]), list(values["config_hashes"])
    del values["unanswered_pct"]
    return values


async def assert_served_equals_the_recount(warehouse: Warehouse) -> dict[Any, set[date]]:
    """Compares every day that a dashboard could ask for; answers the open days by tenant."""
    open_days: dict[Any, set[date]] = {}
    for tenant in warehouse.world.tenants:
        known = recount(tenant)
        first, last = min(known), max(known)
        shown = await served(warehouse, tenant, first, last)
        for day, kpis in shown.items():
            assert flat(kpis) == known.get(day, recount_of_nothing())
        open_days[tenant.id] = {day for day, kpis in shown.items() if kpis.is_open}
    return open_days


def recount_of_nothing() -> dict[str, Any]:
    return flat(DailyKpis(date(2000, 1, 1), 0, is_open=False, kpis=Kpis()))


# What happens after the build: each changes the world and the database, and leaves the marks that its writer leaves.


def _sample(world: World, tenant: Tenant, **wanted: Any) -> Message:
    fitting = [
        message
        for message in tenant.messages.values()
        if message.kind == "individual" and all(getattr(message, name) == value for name, value in wanted.items())
    ]
    return world.random.choice(fitting)


def a_late_message_joins_two_conversations(connection: psycopg.Connection, world: World, tenant: Tenant) -> Message:
    gap = timedelta(hours=tenant.gap_hours)
    ordered = sorted(tenant.messages.values(), key=lambda m: (m.chat_identity, m.sent_at))
    before = next(
        one
        for one, two in itertools.pairwise(ordered)
        if one.chat_identity == two.chat_identity
        and one.kind == "individual"
        and gap < two.sent_at - one.sent_at < 2 * gap
    )
    late = world.say(tenant, before.chat_identity, before.sent_at + gap - timedelta(seconds=1))
    late.type, late.direction, late.deleted, late.text, late.score = "text", "in", False, "oi", None
    tenant.inferences = [item for item in tenant.inferences if item.message != late.id]
    write_messages(connection, tenant, [late])
    mark_dirty(connection, tenant, late, "message")
    return late


def a_message_is_revoked(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    message = _sample(world, tenant, deleted=False, type="text")
    message.deleted = True
    connection.execute(
        "update app.message_body set deleted_at = now() where tenant_id = %s and message_id = %s",
        [tenant.id, message.id],
    )
    mark_dirty(connection, tenant, message, "delete")


def a_score_comes_late(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    message = _sample(world, tenant, direction="in", type="text", deleted=False)
    [(now,)] = connection.execute("select now()").fetchall()
    inference = world.score(tenant, message, now)
    write_scores(connection, tenant, [message])
    write_inferences(connection, tenant, [inference])
    mark_dirty(connection, tenant, message, "score")


def two_chats_turn_out_to_be_one(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    moved, kept = world.random.sample(sorted(tenant.links), 2)
    tenant.links[moved] = tenant.links[kept]
    write_links(connection, tenant)
    one = next((m for m in tenant.messages.values() if m.chat_identity == moved), None)
    if one:
        mark_dirty(connection, tenant, one, "link")


def an_agent_turns_out_to_be_a_bot(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    message = _sample(world, tenant, direction="out", author=None, deleted=False)
    message.author = "bot"
    connection.execute(
        "insert into app.message_origin (tenant_id, message_id, author_type) values (%s, %s, 'bot')",
        [tenant.id, message.id],
    )
    mark_dirty(connection, tenant, message, "message")


def somebody_writes_today(connection: psycopg.Connection, world: World, tenant: Tenant) -> None:
    moment = datetime.now(UTC).replace(microsecond=0)
    identity = world.random.choice([world.uuid(), world.random.choice(sorted(tenant.links))])
    message = world.say(tenant, identity, moment)
    made = [item for item in tenant.inferences if item.message == message.id]
    for inference in made:
        inference.created_at = moment
    write_messages(connection, tenant, [message])
    write_inferences(connection, tenant, made)
    mark_dirty(connection, tenant, message, "message")


EVENTS = [
    a_late_message_joins_two_conversations,
    a_message_is_revoked,
    a_score_comes_late,
    two_chats_turn_out_to_be_one,
    an_agent_turns_out_to_be_a_bot,
    somebody_writes_today,
]


def let_things_happen(warehouse: Warehouse, times: int) -> None:
    world = warehouse.world
    for event in world.random.sample(EVENTS * times, len(EVENTS) * times):
        for tenant in world.tenants:
            with warehouse.admin() as connection:
                event(connection, world, tenant)


def test_a_full_build_equals_the_recount(warehouse: Warehouse) -> None:
    assert_marts_equal_the_recount(warehouse)


async def test_a_late_message_costs_the_days_of_its_conversations_only(warehouse: Warehouse) -> None:
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
    assert all(0 < len(days) <= 8 and days <= allowed[tenant] for tenant, days in open_days.items())


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
