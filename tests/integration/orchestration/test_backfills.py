"""A backfill that was asked for becomes one run, however many days; what died is taken up again."""

import asyncio
from datetime import date, timedelta

import dagster as dg
import pytest

from evosense.backfills.repair import ask_for_incomplete_days, stretches
from evosense.backfills.repository import cancel_backfill, get_backfill, list_backfills, request_backfill
from evosense.db.ids import EVERYONE
from evosense.settings import AiSettings, load
from orchestration.defs.backfills.jobs import backfill_ai_days, backfill_warehouse_days
from orchestration.defs.backfills.sensors import BACKFILL_TAG, launch_backfills
from tests.integration.search.corpus import START, Chat

LAST = START.date()
FIRST = LAST - timedelta(days=59)


@pytest.fixture
async def sixty_days(pipeline_pool, tenant_id, other_tenant_id, environment):
    """A message on each of 60 days of one company, one message of another."""
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, tenant_id).open()
        for day in range(60):
            await chat.say(f"pedido {day} atrasou muito", sent_at=START - timedelta(days=day))
        other = await Chat(connection, other_tenant_id).open()
        await other.say("tudo bem")


async def tick(instance) -> list:
    return await asyncio.to_thread(lambda: list(launch_backfills(dg.build_sensor_context(instance=instance))))


async def run(job, request, instance, **options) -> dg.ExecuteInProcessResult:
    return await asyncio.to_thread(
        job.execute_in_process, run_config=request.run_config, tags=request.tags, instance=instance, **options
    )


async def ask(pool, kind, **more):
    async with pool.connection() as connection:
        return await request_backfill(connection, kind, FIRST, LAST, requested_by="x", **more)


async def state(pool, tenant_id, backfill_id):
    async with pool.connection() as connection:
        return await get_backfill(connection, tenant_id, backfill_id)


@pytest.mark.parametrize(("kind", "table"), [("scoring", "message_score"), ("embeddings", "message_embedding")])
async def test_sixty_days_of_one_company_are_one_run(
    pipeline_pool, admin_connection, tenant_id, sixty_days, dagster_instance, kind, table
):
    asked = await ask(pipeline_pool, kind, tenant_id=tenant_id)
    [request] = await tick(dagster_instance)
    result = await run(backfill_ai_days, request, dagster_instance)
    assert result.success
    rows = admin_connection.execute(f"select tenant_id, count(*) from app.{table} group by 1").fetchall()
    assert rows == [(tenant_id, 60)]
    done = await state(pipeline_pool, tenant_id, asked)
    assert (done.state, done.items, done.items_done, done.attempts) == ("done", 60, 60, 1)
    # A day is everybody's: one company's backfill marks none as materialised.
    assert result.get_asset_materialization_events() == []
    assert [type(one) for one in await tick(dagster_instance)] == [dg.SkipReason]


async def test_everybodys_backfill_marks_its_days(pipeline_pool, sixty_days, dagster_instance, admin_connection):
    await ask(pipeline_pool, "scoring")
    [request] = await tick(dagster_instance)
    result = await run(backfill_ai_days, request, dagster_instance)
    events = result.get_asset_materialization_events()
    assert {event.partition for event in events} == {str(FIRST + timedelta(days=n)) for n in range(60)}
    assert admin_connection.execute("select count(*) from app.message_score").fetchone()[0] == 61


async def test_the_warehouse_is_built_for_sixty_days_in_one_run(
    pipeline_pool, tenant_id, sixty_days, dagster_instance, admin_connection, monkeypatch, tmp_path
):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    asked = await ask(pipeline_pool, "warehouse", tenant_id=tenant_id)
    [request] = await tick(dagster_instance)
    assert request.job_name == backfill_warehouse_days.name
    assert (await run(backfill_warehouse_days, request, dagster_instance)).success
    days = admin_connection.execute(
        "select count(*), sum(messages_in) from analytics.fct_daily_kpis where tenant_id = %s", (tenant_id,)
    )
    assert days.fetchone() == (60, 60)
    assert (await state(pipeline_pool, tenant_id, asked)).state == "done"


async def test_a_run_that_died_is_followed_by_another_three_times_at_most(pipeline_pool, tenant_id, environment):
    asked = await ask(pipeline_pool, "scoring", tenant_id=tenant_id)
    keys = []
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(3):
            [request] = await tick(instance)
            keys.append(request.run_key)
            died = instance.create_run_for_job(
                backfill_ai_days, run_config=request.run_config, tags={BACKFILL_TAG: str(asked)}
            )
            # Under way: nobody launches a second one.
            assert [type(one) for one in await tick(instance)] == [dg.SkipReason]
            instance.report_run_failed(died)
        assert [type(one) for one in await tick(instance)] == [dg.SkipReason]
    assert len(set(keys)) == 3
    failed = await state(pipeline_pool, tenant_id, asked)
    assert (failed.state, failed.error_class) == ("failed", "RunDied")


async def test_a_canceled_backfill_is_not_run(pipeline_pool, tenant_id, environment, dagster_instance):
    asked = await ask(pipeline_pool, "scoring", tenant_id=tenant_id)
    [request] = await tick(dagster_instance)
    async with pipeline_pool.connection() as connection:
        await cancel_backfill(connection, tenant_id, asked)
    assert not (await run(backfill_ai_days, request, dagster_instance, raise_on_error=False)).success
    assert (await state(pipeline_pool, tenant_id, asked)).state == "canceled"
    assert [type(one) for one in await tick(dagster_instance)] == [dg.SkipReason]


async def test_the_nightly_repair_asks_for_what_is_missing_and_nothing_else(pipeline_pool, sixty_days):
    async with pipeline_pool.connection() as connection:
        asked = await ask_for_incomplete_days(connection, load(AiSettings), LAST - timedelta(days=3), LAST)
        assert asked == [(kind, LAST - timedelta(days=3), LAST) for kind in ("scoring", "embeddings")]
        assert await ask_for_incomplete_days(connection, load(AiSettings), LAST - timedelta(days=3), LAST) == asked
        assert len(await list_backfills(connection, EVERYONE)) == 2
        before = date(2020, 1, 1)
        assert await ask_for_incomplete_days(connection, load(AiSettings), before, before) == []


def test_stretches_are_runs_of_days():
    days = [date(2026, 11, number) for number in (1, 2, 3, 7, 9, 10)]
    assert [(a.day, b.day) for a, b in stretches(reversed(days))] == [(1, 3), (7, 7), (9, 10)]
