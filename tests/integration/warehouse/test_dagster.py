"""The warehouse through Dagster: partitions, what is stale, checks, docs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget
from dagster_graphql.client.query import LAUNCH_PARTITION_BACKFILL_MUTATION
from dagster_graphql.test.utils import execute_dagster_graphql
from starlette.requests import Request

from orchestration.definitions import defs
from orchestration.defs.analytics import assets
from orchestration.defs.analytics.assets import warehouse as warehouse_assets
from orchestration.defs.analytics.automation import ONLY_STALE, STALE_OR_OTHER_CODE
from orchestration.defs.analytics.docs import warehouse_docs
from orchestration.defs.analytics.refresh import refresh_when_stale
from orchestration.partitions import LOCAL_DAYS
from orchestration.warehouse.graph import GRAPH_FILE, describe_graph
from orchestration.webserver import dbt_docs
from tests.integration.warehouse.agreement import assert_marts_equal_the_recount
from tests.integration.warehouse.conftest import Warehouse
from tests.integration.warehouse.events import a_message_is_revoked
from tests.integration.warehouse.world import DAYS

MARTS = {
    "fct_conversations",
    "fct_hourly_kpis",
    "fct_daily_kpis",
    "fct_daily_emotions",
    "fct_contact_days",
    "fct_daily_coverage",
    "fct_daily_inferences",
    "mart_prompt_compare",
    "mart_what_if_kpis",
    "fct_daily_mrr",
    "fct_monthly_usage",
    "fct_tenant_months",
}


@pytest.fixture
def settings(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("DATABASE_URL", warehouse.url)
    monkeypatch.setenv("DATA_DIR", str(warehouse.data_dir))
    warehouse.build()  # whatever an earlier test left stale
    return warehouse


def test_the_written_graph_is_what_dagster_dbt_says(warehouse: Warehouse) -> None:
    said = describe_graph(warehouse.data_dir / "dbt" / "target" / "manifest.json")
    assert json.loads(GRAPH_FILE.read_text(encoding="utf-8")) == said, "run python -m orchestration.warehouse graph"


def test_a_range_of_days_is_one_run_that_sets_lost_marks_right(settings: Warehouse) -> None:
    tenant = settings.world.tenants[2]
    days = [tenant.first_day, tenant.first_day + timedelta(days=DAYS)]
    with settings.admin() as connection:
        for _ in range(3):
            a_message_is_revoked(connection, settings.world, tenant)
        connection.execute("delete from app.dirty")  # the marks are lost
    result = dg.materialize(
        [warehouse_assets],
        tags={
            "dagster/asset_partition_range_start": str(days[0]),
            "dagster/asset_partition_range_end": str(days[-1]),
        },
        instance=dg.DagsterInstance.ephemeral(),
    )
    assert {key.path[-1] for key in (event.asset_key for event in result.get_asset_materialization_events())} == MARTS
    checks = result.get_asset_check_evaluations()
    assert len(checks) >= 10
    assert all(check.passed for check in checks)
    assert_marts_equal_the_recount(settings)


def requested(instance: dg.DagsterInstance, cursor: str | None = None) -> tuple[dict[str, set[str]], str | None]:
    """The partitions that automation asks for, by asset, and the cursor of the next tick."""
    context = dg.build_sensor_context(instance=instance, repository_def=defs.get_repository_def(), cursor=cursor)
    told = refresh_when_stale.evaluate_tick(context)
    asked: dict[str, set[str]] = defaultdict(set)
    for request in told.run_requests:
        graph = request.asset_graph_subset
        if graph is None:
            for key in request.asset_selection or ():
                asked[key.path[-1]] |= {request.partition_key} if request.partition_key else set()
            continue
        for key in graph.asset_keys:
            subset = graph.partitions_subsets_by_asset_key.get(key)
            asked[key.path[-1]] |= set(subset.get_partition_keys()) if subset else set()
    return asked, told.cursor


def test_what_is_stale_is_asked_for_and_built_and_nothing_else(
    settings: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = settings.world.tenants[2]
    with dg.instance_for_test() as instance:
        _, cursor = requested(instance)
        asked, cursor = requested(instance, cursor)
        assert asked == {}  # nothing has changed
        with settings.admin() as connection:
            a_message_is_revoked(connection, settings.world, tenant)
            [(changed,)] = connection.execute("select distinct local_day from app.dirty").fetchall()
        asked, cursor = requested(instance, cursor)
        assert asked.keys() == MARTS
        assert all(str(changed) in days and len(days) <= 8 for days in asked.values())
        built: list[object] = []
        real = assets.build_warehouse
        monkeypatch.setattr(assets, "build_warehouse", lambda *args, **how: built.append(how) or real(*args, **how))
        result = dg.materialize(
            [warehouse_assets],
            tags={
                **ONLY_STALE,
                "dagster/asset_partition_range_start": str(changed),
                "dagster/asset_partition_range_end": str(changed),
            },
            instance=instance,
        )
        assert result.success
        assert built == [{"full_refresh": False}]  # exactly the stale chats and days
        told = {
            event.step_materialization_data.materialization.partition
            for event in result.all_events
            if event.is_step_materialization
        }
        assert str(changed) in told
        assert_marts_equal_the_recount(settings)
        asked, _ = requested(instance, cursor)
        assert asked == {}


def test_another_text_of_a_model_rebuilds_all_of_its_days(settings: Warehouse) -> None:
    def mart(version: str) -> dg.Definitions:
        spec = dg.AssetSpec(
            "mart", partitions_def=LOCAL_DAYS, code_version=version, automation_condition=STALE_OR_OTHER_CODE
        )

        @dg.multi_asset(specs=[spec])
        def build() -> None: ...

        return dg.Definitions([build])

    with dg.instance_for_test() as instance:
        now = datetime.now(UTC)
        first = dg.evaluate_automation_conditions(mart("a"), instance, evaluation_time=now)
        assert first.total_requested == 0
        again = dg.evaluate_automation_conditions(
            mart("a"), instance, evaluation_time=now + timedelta(minutes=1), cursor=first.cursor
        )
        assert again.total_requested == 0
        other = dg.evaluate_automation_conditions(
            mart("b"), instance, evaluation_time=now + timedelta(minutes=2), cursor=again.cursor
        )
        assert other.total_requested == len(LOCAL_DAYS.get_partition_keys())


def test_marts_chosen_alone_are_told_with_those_that_were_built_beside_them(settings: Warehouse) -> None:
    day = str(settings.world.tenants[2].first_day + timedelta(days=DAYS))
    with dg.instance_for_test() as instance:
        result = dg.materialize([warehouse_assets], selection=["fct_daily_kpis"], partition_key=day, instance=instance)
        assert result.success
        assert {check.asset_key.path[-1] for check in result.get_asset_check_evaluations()} == {"fct_daily_kpis"}
        for mart in MARTS:
            assert day in instance.get_materialized_partitions(dg.AssetKey(mart)), mart


def test_a_backfill_of_marts_is_taken_from_the_page(settings: Warehouse) -> None:
    """All of them, as when the whole group is chosen, and one alone."""
    assert settings
    target = ModuleTarget("orchestration.definitions", attribute=None, working_directory=None, location_name="evosense")
    with dg.instance_for_test() as instance, WorkspaceProcessContext(instance, target) as process:
        for marts in (MARTS, {"fct_monthly_usage"}):
            params = {
                "assetSelection": [{"path": [mart]} for mart in sorted(marts)],
                "partitionNames": LOCAL_DAYS.get_partition_keys()[-4:-1],
            }
            told = execute_dagster_graphql(
                process.create_request_context(), LAUNCH_PARTITION_BACKFILL_MUTATION, {"backfillParams": params}
            )
            assert told.data["launchPartitionBackfill"]["__typename"] == "LaunchBackfillSuccess"
            backfill = instance.get_backfill(told.data["launchPartitionBackfill"]["backfillId"])
            assert backfill is not None
            assert {key.path[-1] for key in backfill.asset_selection or ()} == marts


def test_the_docs_are_made_and_served(settings: Warehouse) -> None:
    async def ask() -> tuple[int, str]:
        response = await dbt_docs(Request({"type": "http", "method": "GET", "headers": []}))
        return response.status_code, str(getattr(response, "path", ""))

    assert asyncio.run(ask())[0] == 404
    result = dg.materialize([warehouse_docs], instance=dg.DagsterInstance.ephemeral())
    assert result.success
    status, path = asyncio.run(ask())
    assert status == 200
    page = Path(path).read_text(encoding="utf-8")
    assert "fct_conversations" in page
    assert "A gap of exactly 24 h" in page or "up to a silence" in page


def test_definitions_show_marts_with_their_lineage() -> None:
    graph = defs.resolve_asset_graph()
    for name in MARTS:
        assert graph.get(dg.AssetKey(name)).is_partitioned
    assert dg.AssetKey("message_scores") in graph.get(dg.AssetKey("stg_scores")).parent_keys


def test_importing_the_definitions_imports_no_dbt() -> None:
    probe = "import sys, orchestration.definitions; sys.exit(bool({'dbt.cli', 'dagster_dbt'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
