"""Day partitions and the drain, materialised in this process on real Postgres."""

import asyncio
import json
import threading
import time

import dagster as dg
import psycopg
import pytest

from evosense.ai.embedded.embedder import EmbeddedEmbedder
from evosense.ai.embedded.scorer import EmbeddedScorer
from evosense.scoring.drain import Drain, DrainOptions
from evosense.scoring.presence import present_drains
from orchestration.defs.embeddings.assets import message_embeddings
from orchestration.defs.scoring.assets import message_scores
from orchestration.defs.scoring.checks import CHECKS
from orchestration.defs.scoring.drain import drain
from orchestration.defs.scoring.sensors import GROUP_TAG, drain_job, keep_draining

pytestmark = pytest.mark.usefixtures("environment")


def events_of(result: dg.ExecuteInProcessResult, key: str) -> list[dg.AssetMaterialization]:
    found = result.get_asset_materialization_events()
    return [event.event_specific_data.materialization for event in found if event.asset_key == dg.AssetKey(key)]


async def materialize(assets, instance, **options) -> dg.ExecuteInProcessResult:
    return await asyncio.to_thread(dg.materialize, assets, instance=instance, **options)


async def test_a_day_scores_what_is_missing_and_only_that(inbox, tenant_id, dagster_instance):
    await inbox.receive(tenant_id, "adorei", kinds=())
    await inbox.receive(tenant_id, "péssimo", minutes=1, kinds=())
    await inbox.receive(tenant_id, "podemos ajudar?", direction="out", minutes=2, kinds=())
    await inbox.receive(tenant_id, "amanhã falo", minutes=60 * 13, kinds=())  # 01:00 of the next local day
    for _ in range(2):
        result = await materialize([message_scores], dagster_instance, partition_key="2026-11-10")
        assert result.success
        assert await inbox.rows("select count(*) from app.message_score") == [(2,)]
        assert await inbox.rows("select count(*) from app.inference") == [(2,)]
    [event] = events_of(result, "message_scores")
    assert event.partition == "2026-11-10"
    assert (event.metadata["eligible"].value, event.metadata["settled"].value) == (2, 2)


async def test_a_range_is_one_run_with_figures_for_each_day(inbox, tenant_id, dagster_instance):
    await inbox.receive(tenant_id, "adorei", kinds=())
    await inbox.receive(tenant_id, "enviado", direction="out", minutes=60 * 24, kinds=())
    tags = {"dagster/asset_partition_range_start": "2026-11-09", "dagster/asset_partition_range_end": "2026-11-11"}
    result = await materialize([message_embeddings], dagster_instance, tags=tags)
    figures = {e.partition: e.metadata["settled"].value for e in events_of(result, "message_embeddings")}
    assert figures == {"2026-11-09": 0, "2026-11-10": 1, "2026-11-11": 1}


async def test_metadata_holds_no_text(inbox, tenant_id, dagster_instance):
    await inbox.receive(tenant_id, "segredo absolutamente maravilhoso", kinds=())
    result = await materialize([message_scores], dagster_instance, partition_key="2026-11-10")
    told = json.dumps([str(event) for event in result.all_events])
    assert "segredo" not in told
    assert str(tenant_id) not in told


async def test_the_drain_run_follows_live_messages_and_ends_in_time(inbox, tenant_id, database_url, dagster_instance):
    await inbox.receive(tenant_id, "adorei")
    config = {"ops": {"drain": {"config": {"max_seconds": 3.0, "handover_seconds": 0.0}}}}
    running = asyncio.create_task(materialize([drain], dagster_instance, run_config=config))
    await inbox.receive(tenant_id, "chegou quebrado")
    result = await running
    assert result.success
    assert await inbox.rows("select count(*) from app.message_score") == [(2,)]
    told = events_of(result, "message_scores")
    assert {event.partition for event in told} == {"2026-11-10"}
    assert sum(event.metadata["messages"].value for event in told) == 2
    assert [event.metadata["settled"].value for event in events_of(result, "drain")] == [4]


async def test_an_interrupted_drain_writes_and_tells_what_it_has(inbox, tenant_id, database_url, dagster_instance):
    """As `terminate` in the UI: an exception out of nowhere in the thread that runs the step."""
    await inbox.receive(tenant_id, "adorei")
    raised = threading.Event()

    class Terminated(BaseException):
        pass

    @dg.asset(name="drain")
    def interrupted(context: dg.AssetExecutionContext) -> None:
        from orchestration.defs.scoring import drain as module

        def follow(worker, ledger, seconds, tell):
            ledger.add(worker.reports(10), 0)
            raised.set()
            raise Terminated

        original, module._follow = module._follow, follow
        try:
            module.drain.op.compute_fn.decorated_fn(context, module.DrainConfig())
        except Terminated:
            return
        finally:
            module._follow = original

    result = await materialize([interrupted], dagster_instance)
    assert raised.is_set()
    assert [event.partition for event in events_of(result, "message_scores")] or events_of(result, "message_embeddings")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from app.ai_task where lease_until is not null").fetchone() == (0,)


async def test_checks_pass_on_a_healthy_day(inbox, tenant_id, dagster_instance):
    def run() -> dg.ExecuteInProcessResult:
        job = dg.Definitions(
            assets=[message_scores],
            asset_checks=CHECKS,
            jobs=[dg.define_asset_job("checks", selection=dg.AssetSelection.checks(*CHECKS))],
        ).resolve_job_def("checks")
        return job.execute_in_process(instance=dagster_instance)

    result = await asyncio.to_thread(run)
    assert [e.passed for e in result.get_asset_check_evaluations()] == [True] * len(CHECKS)


async def test_the_sensor_launches_one_drain_and_buries_a_lost_one(dagster_instance, monkeypatch):
    definitions = dg.Definitions(assets=[drain], jobs=[drain_job], sensors=[keep_draining])
    repository = definitions.get_repository_def()

    def tick(cursor: str | None = None) -> list:
        context = dg.build_sensor_context(dagster_instance, cursor=cursor, repository_def=repository)
        return list(keep_draining(context))

    [request] = tick()
    assert isinstance(request, dg.RunRequest)
    assert request.run_key is None
    run = dagster_instance.create_run_for_job(repository.get_job("drain_job"), tags=request.tags)
    assert isinstance(tick()[0], dg.SkipReason)  # waiting to start
    dagster_instance.report_run_failed(run)
    lost = dagster_instance.create_run_for_job(repository.get_job("drain_job"), tags={GROUP_TAG: "1/1"})
    dagster_instance.handle_new_event(_started(lost))
    assert isinstance(tick()[0], dg.SkipReason)  # it may still connect
    monkeypatch.setattr("orchestration.defs.scoring.sensors._CONNECT_PATIENCE_SECONDS", -1.0)
    assert isinstance(tick(cursor=lost.run_id)[0], dg.SkipReason)  # it was there a moment ago
    assert isinstance(tick()[0], dg.RunRequest)
    assert dagster_instance.get_run_by_id(lost.run_id).status == dg.DagsterRunStatus.FAILURE


def _started(run: dg.DagsterRun) -> dg.EventLogEntry:
    return dg.EventLogEntry(
        error_info=None,
        level="debug",
        user_message="",
        run_id=run.run_id,
        timestamp=time.time(),
        job_name=run.job_name,
        dagster_event=dg.DagsterEvent("PIPELINE_START", run.job_name),
    )


async def test_a_drain_is_seen_while_it_listens(database_url, pipeline_pool):
    stop = asyncio.Event()
    one = Drain(database_url, pipeline_pool, EmbeddedScorer(), EmbeddedEmbedder(), options=DrainOptions(name="a-run"))
    running = asyncio.create_task(one.run(stop))
    while "a-run" not in await asyncio.to_thread(present_drains, database_url):
        assert not running.done()
    stop.set()
    await running
    assert await asyncio.to_thread(present_drains, database_url) == set()
