"""Themes of every tenant, built anew before the working day in Brazil if there are new vectors."""

from __future__ import annotations

from typing import Any

import dagster as dg

from evosense.db.database import connect_sync
from evosense.metrics.themes.build import build_themes, tenants_with_vectors
from evosense.settings import DatabaseSettings, load
from orchestration.defs.analytics.automation import EVERY_MORNING_IF_NEWER


@dg.asset(
    deps=["message_embeddings"],
    group_name="analytics",
    kinds={"python", "postgres"},
    pool="warehouse",
    automation_condition=EVERY_MORNING_IF_NEWER,
)
def themes() -> dg.MaterializeResult[Any]:
    """What customers talk about: clusters of embeddings, named by their distinctive words; tenant after tenant."""
    url = load(DatabaseSettings).require_direct_url()
    with connect_sync(url, "evosense_pipeline", autocommit=True) as connection:
        counts = [build_themes(connection, tenant_id) for tenant_id in tenants_with_vectors(connection)]
    return dg.MaterializeResult(metadata={"tenants": len(counts), "themes": sum(counts)})
