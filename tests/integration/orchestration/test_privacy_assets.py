"""Privacy in Dagster: requests start a run and are answered, retention cleans and checks, reports are made once."""

import asyncio
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from evosense.exports.reports import make_due_reports
from evosense.exports.repository import add_schedule, list_exports
from evosense.privacy.requests import get_answer, get_request, open_request
from evosense.privacy.subjects import address_hmacs
from orchestration.defs.privacy.assets import privacy_requests, retention, stored_texts
from orchestration.defs.privacy.schedules import answer_requests
from tests.conftest import SECRET_KEY
from tests.integration.search.corpus import Chat

NOW = datetime.now(UTC)


@pytest.fixture
def secrets(environment, monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))


async def materialize(asset, instance) -> dg.ExecuteInProcessResult:
    return await asyncio.to_thread(dg.materialize, [asset], instance=instance)


async def test_a_request_starts_a_run_that_answers_it(pipeline_pool, tenant_id, master_key, secrets, dagster_instance):
    async def tick() -> list:
        return await asyncio.to_thread(lambda: list(answer_requests(dg.build_sensor_context(dagster_instance))))

    assert [type(one) for one in await tick()] == [dg.SkipReason]
    async with pipeline_pool.connection() as connection:
        hmacs = await address_hmacs(connection, master_key, tenant_id, "+5511911112222")
        asked = await open_request(connection, master_key, tenant_id, "access", hmacs, requested_by="x")
    assert [type(one) for one in await tick()] == [dg.RunRequest]
    result = await materialize(privacy_requests, dagster_instance)
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    async with pipeline_pool.connection() as connection:
        done = await get_request(connection, tenant_id, asked)
        assert (done.state, done.reason, done.has_answer) == ("done", "nothing_found", True)
        assert (await get_answer(connection, master_key, tenant_id, asked)).startswith(b"PK")
    assert [type(one) for one in await tick()] == [dg.SkipReason]


async def test_an_overdue_request_fails_its_check(
    pipeline_pool, tenant_id, secrets, dagster_instance, admin_connection
):
    admin_connection.execute(
        "insert into app.privacy_request (tenant_id, id, kind, state, jid_hmacs, requested_by, requested_at, due_at,"
        " started_at) values (%s, gen_random_uuid(), 'erase', 'running', '{x}', 'x', now() - interval '16 days',"
        " now() - interval '1 day', now())",
        (tenant_id,),
    )
    result = await materialize(privacy_requests, dagster_instance)
    assert [check.passed for check in result.get_asset_check_evaluations()] == [False]


async def test_retention_builds_freezes_deletes_and_checks(
    pipeline_pool, tenant_id, secrets, dagster_instance, admin_connection
):
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, tenant_id).open()
        await chat.say("antiga", sent_at=NOW - timedelta(days=200), score=(0.5, 70))
        await chat.say("nova", sent_at=NOW - timedelta(days=1))
    admin_connection.execute("update app.identity set first_seen_at = now() - interval '200 days'")
    result = await materialize(retention, dagster_instance)
    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    assert checks == dict.fromkeys(("nothing_is_kept_too_long", "every_plan_is_known", "erased_people_stay_away"), True)
    assert admin_connection.execute("select text from app.message_body").fetchall() == [("nova",)]
    [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["app.message"].value == 1
    # One person stood behind that day: its figures were not kept.
    left = admin_connection.execute("select min(local_day) from analytics.fct_daily_kpis").fetchone()[0]
    assert left > (NOW - timedelta(days=100)).date()
    assert admin_connection.execute("select count(figures), count(*) > 0 from app.frozen_figure").fetchone()[1]


async def test_a_report_is_made_once_for_each_period_and_counts_as_an_export(
    pipeline_pool, tenant_id, admin_connection
):
    monday = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 01:00 in São Paulo
    async with pipeline_pool.connection() as connection:
        for every in ("day", "week", "month"):
            wanted = {"name": every, "dataset": "daily_kpis", "format": "csv", "every": every}
            await add_schedule(connection, tenant_id, wanted, created_by="x")
    assert await make_due_reports(pipeline_pool, monday) == {"ready": 3}
    assert await make_due_reports(pipeline_pool, monday + timedelta(hours=20)) == {}
    async with pipeline_pool.connection() as connection:
        made = await list_exports(connection, tenant_id)
    spans = sorted((str(one.first_day), str(one.last_day)) for one in made)
    assert spans == [("2026-10-01", "2026-10-31"), ("2026-11-16", "2026-11-22"), ("2026-11-22", "2026-11-22")]
    assert await make_due_reports(pipeline_pool, monday + timedelta(days=1)) == {"ready": 1}
    used = admin_connection.execute("select sum(used) from app.usage_counter where meter = 'exports'").fetchone()[0]
    assert used == 4


async def test_a_report_above_the_limit_is_refused_and_said_so(pipeline_pool, tenant_id, admin_connection):
    admin_connection.execute("update app.tenant set plan_id = 'starter'")  # one export a day
    async with pipeline_pool.connection() as connection:
        for name in ("a", "b"):
            wanted = {"name": name, "dataset": "messages", "format": "json", "every": "day"}
            await add_schedule(connection, tenant_id, wanted, created_by="x")
    assert await make_due_reports(pipeline_pool, NOW) == {"ready": 1, "refused": 1}


async def test_stored_texts_are_redacted_anew(pipeline_pool, tenant_id, secrets, dagster_instance, admin_connection):
    async with pipeline_pool.connection() as connection:
        chat = await Chat(connection, tenant_id).open()
        await chat.say("cpf 529.982.247-25", sent_at=NOW - timedelta(days=1))
        await chat.say("oi", sent_at=NOW - timedelta(days=1))
    admin_connection.execute("update app.message_body set redaction_version = 1")
    result = await materialize(stored_texts, dagster_instance)
    [event] = result.get_asset_materialization_events()
    assert {name: entry.value for name, entry in event.materialization.metadata.items()} == {
        "looked_at": 2,
        "changed": 1,
    }
    assert admin_connection.execute("select 1 from app.message_body where text like '%529%'").fetchall() == []
