"""The docs of the warehouse, made anew when a model changes; the Dagster UI serves them at /dbt-docs."""

from __future__ import annotations

from typing import Any

import dagster as dg

from evosense.settings import DatabaseSettings, load
from orchestration.defs.analytics.automation import MISSING_OR_OTHER_CODE
from orchestration.defs.analytics.graph import code_version, mart_specs
from orchestration.warehouse.docs import write_docs


@dg.asset(
    deps=[spec.key for spec in mart_specs()],
    group_name="analytics",
    kinds={"dbt"},
    pool="warehouse",
    code_version=code_version(),
    automation_condition=MISSING_OR_OTHER_CODE,
)
def warehouse_docs() -> dg.MaterializeResult[Any]:
    """Every model with its grain, columns, tests, lineage and SQL, as one page."""
    page = write_docs(load(DatabaseSettings))
    link = dg.MetadataValue.md("[The docs of the warehouse](/dbt-docs)")
    return dg.MaterializeResult(metadata={"page": link, "bytes": page.stat().st_size})
