"""Hours, emotions, contacts, coverage and models' answers against naive counts; identities across marts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from psycopg.rows import dict_row

from evosense.db.database import open_pool
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.latency import answers
from evosense.metrics.registry import BY_NAME
from evosense.metrics.retention.activity import Activity, activity, period_of
from evosense.metrics.retention.cohorts import Rules, cohorts
from evosense.metrics.retention.lifecycle import lifecycle
from evosense.metrics.retention.silent_churn import Churned, endings, silent_churn
from evosense.metrics.series import series
from evosense.metrics.sketch import Sketch
from evosense.metrics.stitch import find_seam
from tests.integration.warehouse.conftest import Warehouse
from tests.integration.warehouse.events import EVENTS
from tests.integration.warehouse.recount import contact, conversations, speaker
from tests.integration.warehouse.world import DAYS, EMOTION, Message, Tenant


def mart(warehouse: Warehouse, name: str, tenant: Tenant) -> list[dict[str, Any]]:
    with warehouse.admin() as connection, connection.cursor(row_factory=dict_row) as cursor:
        statement = f"select * from analytics.{name} where tenant_id = %s"
        return cursor.execute(statement.encode(), [tenant.id]).fetchall()


def customers(tenant: Tenant) -> Iterator[Message]:
    return (message for message in tenant.messages.values() if speaker(message) == "customer")


def hour(tenant: Tenant, message: Message) -> tuple[date, int]:
    local = message.sent_at.astimezone(ZoneInfo(tenant.timezone))
    return local.date(), local.hour


@pytest.fixture
def tenants(warehouse: Warehouse) -> list[Tenant]:
    """The tenants after some more has happened and was built."""
    for event in EVENTS:
        for tenant in warehouse.world.tenants:
            with warehouse.admin() as connection:
                event(connection, warehouse.world, tenant)
    warehouse.build()
    return warehouse.world.tenants


def test_every_cell_equals_a_naive_count(warehouse: Warehouse, tenants: list[Tenant]) -> None:
    for tenant in tenants:
        said = Counter(hour(tenant, message) for message in customers(tenant))
        scored = Counter(hour(tenant, message) for message in customers(tenant) if message.score)
        squares = Counter[Any]()
        for message in customers(tenant):
            if message.score:
                squares[hour(tenant, message)] += message.score[0] ** 2
        hours = mart(warehouse, "fct_hourly_kpis", tenant)
        by_hour = {(row["local_day"], row["local_hour"]): row for row in hours}
        assert {key: row["messages_in"] for key, row in by_hour.items() if row["messages_in"]} == said
        assert {key: row["scored"] for key, row in by_hour.items() if row["scored"]} == scored
        assert {key: row["sentiment_square_sum"] for key, row in by_hour.items() if row["sentiment_square_sum"]} == {
            key: value for key, value in squares.items() if value
        }

        wrote = Counter((contact(tenant, message), tenant.day(message.sent_at)) for message in customers(tenant))
        days = mart(warehouse, "fct_contact_days", tenant)
        assert {(row["contact_id"], row["local_day"]): row["messages_in"] for row in days} == wrote

        felt = Counter(tenant.day(message.sent_at) for message in customers(tenant) if message.score)
        emotions = mart(warehouse, "fct_daily_emotions", tenant)
        assert {(row["local_day"], row["emotion"]): row["scored"] for row in emotions} == {
            (day, EMOTION): n for day, n in felt.items()
        }

        coverage = mart(warehouse, "fct_daily_coverage", tenant)
        assert sum(row["messages"] for row in coverage) == len(tenant.messages)
        assert sum(row["text_bytes"] for row in coverage) == sum(len(m.text or "") for m in tenant.messages.values())


def test_sketches_hold_what_python_would_put_in(warehouse: Warehouse, tenants: list[Tenant]) -> None:
    for tenant in tenants:
        latencies: dict[tuple[date, str], list[int]] = defaultdict(list)
        failed = Counter[tuple[date, str]]()
        for item in tenant.inferences:
            key = tenant.day(item.created_at), item.purpose
            if item.status in ("ok", "repaired"):
                latencies[key].append(item.latency_ms)
            else:
                failed[key] += 1
        rows = mart(warehouse, "fct_daily_inferences", tenant)
        built = {(row["local_day"], row["purpose"]): row for row in rows}
        assert {key: Sketch.merged([row]).counts for key, row in built.items() if row["inferences"]} == {
            key: Sketch.of(values).counts for key, values in latencies.items()
        }
        assert {key: n for key, row in built.items() if (n := row["invalid"] + row["refused"])} == failed


def test_marts_agree_with_one_another(warehouse: Warehouse, tenants: list[Tenant]) -> None:
    for tenant in tenants:
        daily = {row["local_day"]: row for row in mart(warehouse, "fct_daily_kpis", tenant)}
        for name, column in (
            ("fct_hourly_kpis", "messages_in"),
            ("fct_hourly_kpis", "satisfaction_sum"),
            ("fct_contact_days", "messages_in"),
            ("fct_daily_emotions", "scored"),
            ("fct_daily_coverage", "eligible"),
        ):
            together = Counter[date]()
            for row in mart(warehouse, name, tenant):
                together[row["local_day"]] += row[column]
            assert +together == Counter({day: row[column] for day, row in daily.items() if row[column]}), (name, column)
        begun = Counter(row["local_day"] for row in mart(warehouse, "fct_conversations", tenant))
        assert begun == Counter({day: row["conversations"] for day, row in daily.items() if row["conversations"]})


async def test_what_is_served_by_the_hour_and_by_contact_moves_at_once(warehouse: Warehouse) -> None:
    for tenant in warehouse.world.tenants:
        with warehouse.admin() as connection:
            for event in EVENTS:  # and no build
                event(connection, warehouse.world, tenant)
        first, last = tenant.first_day, tenant.first_day + timedelta(days=DAYS)
        actor = Actor(tenant.id, None, "analyst")
        async with (
            open_pool(warehouse.url, "evosense_api", max_size=1) as pool,
            tenant_transaction(pool, actor) as connection,
        ):
            seam = await find_seam(connection, tenant.id, first, last)
            cells = await series(connection, seam, [BY_NAME["messages_in"]], "hour")
            purposes = await answers(connection, seam)
            known = await activity(connection, tenant.id, seam.today, "week")
            lost = silent_churn(await endings(connection, seam), seam.today, 1)
        said = Counter(hour(tenant, message) for message in customers(tenant))
        assert {(cell.day, cell.hour): n for cell in cells if (n := cell.values["messages_in"].value)} == {
            key: n for key, n in said.items() if first <= key[0] <= last
        }
        asked = Counter(item.purpose for item in tenant.inferences if first <= tenant.day(item.created_at) <= last)
        shown = {one.purpose: one.inferences + one.invalid + one.refused for one in purposes}
        assert shown == asked
        assert_cohorts_equal_naive_sets(tenant, known)
        assert_lost_are_those_who_went_badly(tenant, lost, first, last, seam.today)
        weeks: dict[int, set[Any]] = defaultdict(set)
        for message in customers(tenant):
            weeks[period_of(tenant.day(message.sent_at), "week")].add(contact(tenant, message))
        earlier: set[Any] = set()
        for stage, week in zip(
            lifecycle(known, min(weeks), max(weeks)), range(min(weeks), max(weeks) + 1), strict=True
        ):
            assert (stage.active, stage.new) == (len(weeks[week]), len(weeks[week] - earlier))
            assert stage.returning == len(weeks[week] & weeks.get(week - 1, set()))
            assert stage.new + stage.returning + stage.resurrecting == stage.active
            earlier |= weeks[week]


def assert_lost_are_those_who_went_badly(
    tenant: Tenant, lost: list[Churned], first: date, last: date, today: date
) -> None:
    """Each contact's last conversation of the period, looked for among all of them."""
    known = [row for row in conversations(tenant) if first <= row["local_day"] <= last]
    whose = {message.id: contact(tenant, message) for message in tenant.messages.values()}
    latest = {whose[row["conversation_id"]]: row for row in sorted(known, key=lambda row: row["started_at"])}
    assert {one.conversation_id: (one.contact_id, one.reason) for one in lost} == {
        row["conversation_id"]: (contact_id, "unanswered" if row["is_unanswered"] else "negative")
        for contact_id, row in latest.items()
        if row["local_day"] < today
        and (
            row["is_unanswered"] or (row["ending_sentiment"] is not None and row["ending_sentiment"] < Decimal("-0.1"))
        )
    }
    assert [one.local_day for one in lost] == sorted((one.local_day for one in lost), reverse=True)


def assert_cohorts_equal_naive_sets(tenant: Tenant, known: Activity) -> None:
    """Every cell of every week's cohort, counted over the world's own messages."""
    wrote: dict[Any, set[int]] = defaultdict(set)
    for message in customers(tenant):
        wrote[contact(tenant, message)].add(period_of(tenant.day(message.sent_at), "week"))
    first, last = min(map(min, wrote.values())), max(map(max, wrote.values()))
    for kind in ("on", "on_or_after"):
        found = cohorts(known, first, last, Rules(kind=kind, periods=5))
        for cohort, week in zip(found.cohorts, range(first, last + 1), strict=True):
            members = {person for person, weeks in wrote.items() if min(weeks) == week}
            assert cohort.size == len(members)
            for n, cell in enumerate(cohort.cells):
                if week + n >= known.current or not members:
                    assert cell is None
                    continue
                came = [p for p in members if any(w == week + n or (w > week + n and kind != "on") for w in wrote[p])]
                assert cell is not None
                assert (cell.n, round(cell.value * cell.n)) == (len(members), len(came))
