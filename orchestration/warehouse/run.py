"""A whole build for callers that have no wish to look inside: the Dagster assets, the command line, tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from evosense.db.database import connect_sync
from evosense.metrics.staleness import Backlog, turn
from evosense.settings import DatabaseSettings
from orchestration.warehouse.build import Days, prepared
from orchestration.warehouse.invoke import NodeResult, run_dbt
from orchestration.warehouse.profile import dbt_environment


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: its backlog, the days that were stale, and what became of each model and test."""

    backlog: Backlog
    days: list[date]
    results: list[NodeResult]


def build_warehouse(
    settings: DatabaseSettings, *, days: Days | None = None, full_refresh: bool = False, quiet: bool = True
) -> Built:
    """Build what is stale, and `days` or everything if asked for.

    Raises:
        BuildFailed: A model or test failed. What was stale stays so, and the next build does the work.
        ConfigurationError: There is no usable DATABASE_URL.
    """
    url = settings.require_direct_url()
    with prepared(url, days=days, full_refresh=full_refresh) as build:
        if build.is_empty:
            return Built(build.backlog, [], [])
        results = run_dbt(build.arguments, dbt_environment(url, settings.data_dir), quiet=quiet)
        return Built(build.backlog, build.days, results)


def build_mart(settings: DatabaseSettings, mart: str, *, quiet: bool = True) -> list[NodeResult]:
    """Build one mart and what it stands on, whether or not anything is stale.

    Raises:
        BuildFailed: A model or test failed.
        ConfigurationError: There is no usable DATABASE_URL.
    """
    url = settings.require_direct_url()
    with connect_sync(url, "evosense_pipeline", autocommit=True) as connection, turn(connection):
        arguments = ("build", "--select", f"+{mart}", "--exclude-resource-type", "unit_test")
        return run_dbt(arguments, dbt_environment(url, settings.data_dir), quiet=quiet)
