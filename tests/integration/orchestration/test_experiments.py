"""Replays in Dagster: a request becomes a partition, the partition becomes a report; shadows are watched."""

import asyncio
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from evosense.db.ids import EVERYONE
from evosense.experiments.run_models import ReplayRequest
from evosense.experiments.runs import cancel_run, get_run, request_run
from evosense.experiments.shadow import plan
from evosense.testing.scripted_scorer import Effect
from orchestration import definitions
from orchestration.defs.experiments.assets import comparisons, partition_key, prompts
from orchestration.defs.experiments.drift import champion_drift, watch_drift
from orchestration.defs.experiments.sensors import drive_replays, request_replay
from orchestration.defs.experiments.shadows import watch_shadows
from tests.integration.experiments.conftest import DAYS, FIRST_DAY, World, scored_world, world
from tests.integration.experiments.test_replay import WHOLE, through
from tests.integration.experiments.test_shadow import running

__all__ = ["scored_world", "world"]


@pytest.fixture
def at_this_database(monkeypatch, database_url):
    monkeypatch.setenv("DATABASE_URL", database_url)


async def test_a_request_becomes_a_partition_and_its_report_metadata(scored_world: World, at_this_database):
    await scored_world.prompt(Effect(0.05))
    async with scored_world.pool.connection() as connection:
        run_id = await request_run(connection, ReplayRequest(WHOLE, ("v2",), "ana"))
    key = partition_key(EVERYONE, run_id)
    with dg.DagsterInstance.ephemeral() as instance:
        # Dagster calls the sensor outside of any event loop.
        asked = await asyncio.to_thread(drive_replays, dg.build_sensor_context(instance=instance))
        assert [request.partition_key for request in asked.run_requests] == [key]
        assert [list(request.partition_keys) for request in asked.dynamic_partitions_requests] == [[key]]
        instance.add_dynamic_partitions("replays", [key])
        run = await through(scored_world, run_id)
        calls = scored_world.scorer.calls
        result = await asyncio.to_thread(
            dg.materialize, [comparisons], partition_key=key, instance=instance, raise_on_error=True
        )
        assert isinstance(
            await asyncio.to_thread(drive_replays, dg.build_sensor_context(instance=instance)), dg.SkipReason
        )
    metadata = result.asset_materializations_for_node("comparisons")[0].metadata
    assert metadata["sentiment@v2 verdict"].value.startswith("The candidate is better")
    assert run.report_hashes[0] in metadata["sentiment@v2 report"].value
    assert "data:image/svg+xml" in metadata["sentiment@v2 report"].value
    assert metadata["days"].value.count("| 2026-11-0") == DAYS
    assert scored_world.scorer.calls == calls


async def test_a_replay_can_be_asked_for_in_the_launchpad(scored_world: World, at_this_database):
    days = {"first_day": str(FIRST_DAY), "last_day": str(FIRST_DAY + timedelta(days=DAYS))}
    config = {"candidates": ["v2"], **days, "emotions": ["raiva"], "share": 0.5}
    run_config = {"ops": {"ask_for_replay": {"config": config}}}
    assert (await asyncio.to_thread(request_replay.execute_in_process, run_config=run_config)).success
    [(run_id,)] = await scored_world.rows("select id from app.experiment_run")
    async with scored_world.pool.connection() as connection:
        run = await get_run(connection, EVERYONE, run_id)
    assert run.requested_by == "dagster"
    assert (run.window.emotions, run.window.share_bp) == (("raiva",), 5_000)


async def test_a_canceled_replay_is_no_report(scored_world: World, at_this_database):
    await scored_world.prompt(Effect(0.05))
    async with scored_world.pool.connection() as connection:
        run_id = await request_run(connection, ReplayRequest(WHOLE, ("v2",), "ana"))
        await cancel_run(connection, await get_run(connection, EVERYONE, run_id))
    key = partition_key(EVERYONE, run_id)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("replays", [key])
        result = await asyncio.to_thread(
            dg.materialize, [comparisons], partition_key=key, instance=instance, raise_on_error=False
        )
    assert not result.success
    assert result.asset_materializations_for_node("comparisons") == []


async def watched(cursor: str | None = None) -> dg.SensorResult:
    return await asyncio.to_thread(watch_shadows, dg.build_sensor_context(cursor=cursor))


async def test_prompts_show_who_is_live_as_soon_as_something_changes(scored_world: World, at_this_database):
    result = await asyncio.to_thread(dg.materialize, [prompts])
    metadata = result.asset_materializations_for_node("prompts")[0].metadata
    assert metadata["versions"].value == 1
    assert "champion" in metadata["channels"].value
    first = await watched()
    assert first.skip_reason.skip_message == "no experiment is running"
    assert [event.asset_key.to_user_string() for event in first.asset_events] == ["prompts"]
    again = await watched(first.cursor)
    assert again.asset_events == []
    version = await scored_world.prompt(Effect(0.02))
    [event] = (await watched(again.cursor)).asset_events
    assert version[:15] in event.metadata["registered"].value
    assert "| sentiment@v2 |" in event.metadata["registered"].value


async def test_shadows_are_watched_and_shown_with_their_path(world: World, at_this_database):
    experiment = await running(world, {"same": (Effect(0.0, noise=0.5), 10_000)}, planned_chats=200)
    await world.fill(70)
    await world.drain()
    async with world.pool.connection() as connection:
        assert await plan(connection, experiment) > 0
    await world.drain()
    first = await watched()
    shown = next(event for event in first.asset_events if event.asset_key == dg.AssetKey("shadows"))
    assert "| exp/same | go_on | 70 of 200 | sentiment " in shown.metadata["challengers"].value
    assert "data:image/svg+xml" in shown.metadata["exp/same"].value
    # Nothing was decided since: the event log is left alone.
    assert (await watched(first.cursor)).asset_events == []


async def test_drift_of_official_scores_is_looked_at_once_a_day_and_shown_as_a_check(world: World, at_this_database):
    now = datetime.now(UTC)
    await world.fill(120, noon=now - timedelta(days=14))
    await world.drain()
    await world.fill(120, seed=4, noon=now - timedelta(days=5))
    await world.drain()
    await world.rows(
        "with moved as (update app.message_score as s set sentiment = greatest(-1, s.sentiment - 0.4)"
        " from app.message as m where m.tenant_id = s.tenant_id and m.id = s.message_id"
        " and m.sent_at > now() - interval '7 days' returning 1) select count(*) from moved"
    )
    looked = await asyncio.to_thread(watch_drift, dg.build_sensor_context())
    [evaluation] = looked.asset_events
    assert (evaluation.asset_key, evaluation.check_name) == (dg.AssetKey("message_scores"), "champion_drift")
    assert not evaluation.passed
    assert evaluation.severity == dg.AssetCheckSeverity.WARN
    assert str(world.tenant_id) in evaluation.metadata["scores"].value
    again = await asyncio.to_thread(watch_drift, dg.build_sensor_context(cursor=looked.cursor))
    assert isinstance(again, dg.SkipReason)
    result = await asyncio.to_thread(champion_drift)
    assert (result.passed, result.metadata["drifting"].value) == (False, 1)


def test_a_kpi_leads_back_to_the_prompts_behind_it():
    graph = definitions.defs.resolve_asset_graph()
    behind = dg.AssetSelection.assets("fct_daily_kpis").upstream().resolve(graph)
    assert {dg.AssetKey("message_scores"), dg.AssetKey("prompts")} <= behind
