"""What the plan no longer keeps: its figures stay, whatever is built again, and nobody becomes new twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest

from evosense.db.database import AsyncPool
from evosense.db.ids import new_id
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.metrics.memory import Memory
from evosense.metrics.models import DailyKpis, TenantMetrics
from evosense.metrics.registry import BY_NAME
from evosense.metrics.repository import daily, summary
from evosense.metrics.retention.activity import activity, period_of
from evosense.metrics.retention.cohorts import Rules, cohorts
from evosense.metrics.retention.lifecycle import lifecycle
from evosense.metrics.series import Cell, series
from evosense.metrics.stitch import find_seam
from evosense.privacy.retention import apply_retention
from orchestration.warehouse.build import prepared
from orchestration.warehouse.invoke import run_dbt
from orchestration.warehouse.profile import dbt_environment
from tests.integration.search.corpus import Chat

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime.now(UTC)
LIMIT = datetime.combine(NOW.astimezone(ZONE).date() - timedelta(days=180), datetime.min.time(), ZONE) + timedelta(
    hours=12
)
BOUNDARY = LIMIT.date()
OLD = BOUNDARY - timedelta(days=9)
PERIOD = OLD - timedelta(days=1), NOW.astimezone(ZONE).date()
PEOPLE = 6
Shown = tuple[list[DailyKpis], TenantMetrics, list[Cell]]


@pytest.fixture
async def chats(pipeline_pool: AsyncPool, tenant_id: UUID) -> list[Chat]:
    """Six people on the plan of 180 days, who wrote on an old day, around the limit, yesterday; one was answered."""
    number, found = new_id(), []
    async with pipeline_pool.connection() as connection:
        for person in range(PEOPLE):
            chat = await Chat(connection, tenant_id, connection_id=number).open()
            for at in (
                datetime.combine(OLD, datetime.min.time(), ZONE) + timedelta(hours=9),
                LIMIT - timedelta(minutes=40),
                LIMIT + timedelta(minutes=40),
                NOW - timedelta(days=1),
            ):
                await chat.say("oi", sent_at=at + timedelta(seconds=person), score=(0.5, 70))
            if person == 0:
                at = datetime.combine(OLD, datetime.min.time(), ZONE) + timedelta(hours=9, minutes=10)
                await chat.say("pois não", direction="out", sent_at=at)
            found.append(chat)
    return found


@pytest.fixture
def build(database_url: str, tmp_path):
    environment = dbt_environment(database_url, tmp_path)

    def run(*, full_refresh: bool = False) -> None:
        with prepared(database_url, full_refresh=full_refresh) as build:
            run_dbt(build.arguments, environment)

    return run


async def test_figures_of_deleted_days_stay_whatever_is_built_again(
    pipeline_pool: AsyncPool,
    api_pool: AsyncPool,
    admin_connection: psycopg.Connection,
    tenant_id: UUID,
    chats: list[Chat],
    build: Any,
) -> None:
    kept = Memory()

    async def read(memory: Memory | None) -> Shown:
        async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
            seam = await find_seam(connection, tenant_id, *PERIOD, memory)
            metrics = [BY_NAME["conversations"], BY_NAME["unanswered"], BY_NAME["messages_in"]]
            months = await series(connection, seam, metrics, "month")
            days = await daily(connection, tenant_id, *PERIOD, memory)
            return days, await summary(connection, tenant_id, *PERIOD, memory), months

    async def shown() -> Shown:
        found = await read(None)
        assert await read(kept) == found
        return found

    build()
    before = await shown()
    [old] = [day for day in before[0] if day.local_day == OLD]
    assert (old.kpis.messages.messages_in, old.kpis.conversations.conversations) == (PEOPLE, PEOPLE)
    assert old.kpis.conversations.first_response_p50_ms == 10 * 60 * 1000

    [done] = await apply_retention(pipeline_pool, LIMIT + timedelta(days=180))
    assert (done.outcome, done.counts["app.message"], done.frozen_days) == ("done", 2 * PEOPLE + 1, 2)
    assert counts_of(await shown()) == counts_of(before)

    # A message of the boundary day is still here, and something happens to it.
    admin_connection.execute(
        "insert into app.dirty (tenant_id, chat_identity_id, local_day, cause) values (%s, %s, %s, 'score')",
        (tenant_id, chats[0].identity_id, BOUNDARY),
    )
    assert counts_of(await shown()) == counts_of(before)
    build()
    assert counts_of(await shown()) == counts_of(before)
    build(full_refresh=True)
    assert counts_of(await shown()) == counts_of(before)


def counts_of(shown: Shown) -> Any:
    """All figures of every day, and the sums of the period and of its months; percentiles of a period may not stay."""
    days, total, months = shown
    c = total.kpis.conversations
    return (
        {day.local_day: (day.kpis, day.active_contacts) for day in days},
        (total.total_messages, total.kpis.messages, c.conversations, c.unanswered, c.answered, c.turn_wait_sum_ms),
        [{name: (value.value, value.n) for name, value in cell.values.items()} for cell in months],
    )


async def test_who_comes_back_is_not_new_and_what_is_deleted_is_unknown(
    pipeline_pool: AsyncPool, api_pool: AsyncPool, tenant_id: UUID, chats: list[Chat], build: Any
) -> None:
    async def stages() -> Any:
        async with tenant_transaction(api_pool, Actor(tenant_id, None, "analyst")) as connection:
            known = await activity(connection, tenant_id, PERIOD[1], "week")
        span = period_of(OLD, "week"), period_of(PERIOD[1], "week")
        found = lifecycle(known, *span), cohorts(known, span[0], span[0], Rules(periods=26)).cohorts[0]
        return (*found, known.known_from)

    build()
    before, cohort, _ = await stages()
    assert (before[0].new, sum(stage.new for stage in before)) == (PEOPLE, PEOPLE)
    assert cohort.cells[0].value == 1
    assert all(cell is not None for cell in cohort.cells[:-1])

    await apply_retention(pipeline_pool, LIMIT + timedelta(days=180))
    after, cohort, known_from = await stages()
    assert (after[0].new, after[0].active, after[0].returning) == (PEOPLE, None, None)
    assert [stage.new for stage in after] == [stage.new for stage in before]
    limit = known_from - period_of(OLD, "week")
    assert [stage.active for stage in after[limit:]] == [stage.active for stage in before[limit:]]
    assert sum(stage.resurrecting or 0 for stage in after[limit + 1 :]) == PEOPLE
    # Who began then is known; whether they came back in a week that is deleted is not.
    assert (cohort.size, cohort.cells[0].value) == (PEOPLE, 1)
    assert cohort.cells[1:limit] == [None] * (limit - 1)
    assert all(cell is not None for cell in cohort.cells[limit:25])
