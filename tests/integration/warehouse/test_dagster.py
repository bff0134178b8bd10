"""The warehouse through Dagster: partitions, what is stale, checks."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import dagster as dg
import pytest

from orchestration.definitions import defs
from orchestration.defs.analytics.assets import warehouse as warehouse_assets
from orchestration.defs.analytics.refresh import refresh_warehouse, refresh_when_stale
from orchestration.warehouse.graph import GRAPH_FILE, describe_graph
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


def test_what_is_stale_is_built_when_the_sensor_asks_for_it(settings: Warehouse) -> None:
    tenant = settings.world.tenants[2]
    with dg.instance_for_test() as instance:
        context = dg.build_sensor_context(instance=instance)
        assert [type(answer) for answer in refresh_when_stale(context)] == [dg.SkipReason]
        with settings.admin() as connection:
            a_message_is_revoked(connection, settings.world, tenant)
            changed = connection.execute("select local_day from app.dirty").fetchall()
        assert [type(answer) for answer in refresh_when_stale(context)] == [dg.RunRequest]
        result = refresh_warehouse.execute_in_process(instance=instance)
        told = {
            event.step_materialization_data.materialization.partition
            for event in result.all_events
            if event.is_step_materialization
        }
        assert {str(day) for (day,) in changed} <= told
        assert_marts_equal_the_recount(settings)
        assert [type(answer) for answer in refresh_when_stale(context)] == [dg.SkipReason]


def test_definitions_show_marts_with_their_lineage() -> None:
    graph = defs.resolve_asset_graph()
    for name in MARTS:
        assert graph.get(dg.AssetKey(name)).is_partitioned
    assert dg.AssetKey("message_scores") in graph.get(dg.AssetKey("stg_scores")).parent_keys


def test_importing_the_definitions_imports_no_dbt() -> None:
    probe = "import sys, orchestration.definitions; sys.exit(bool({'dbt.cli', 'dagster_dbt'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
