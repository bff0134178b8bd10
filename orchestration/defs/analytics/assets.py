"""The marts by local day. Materialising days builds them again from the tables of app, and what is stale besides.

Runs that automation asks for build what is stale only; for all days (another text of a model) everything anew.
"""

# No `from __future__ import annotations`: Dagster reads the annotation of `config` as a class.
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

import dagster as dg

from evosense.settings import DatabaseSettings, load
from orchestration.defs.analytics.automation import ONLY_STALE
from orchestration.defs.analytics.graph import check_specs, mart_specs
from orchestration.partitions import LOCAL_DAYS, first_and_last
from orchestration.warehouse.build import Days
from orchestration.warehouse.invoke import BuildFailed, NodeResult
from orchestration.warehouse.run import Built, build_warehouse

MARTS = [spec.key.path[-1] for spec in mart_specs()]
_CHECKS = {spec.name: spec.asset_key for spec in check_specs()}
Events = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


class BuildConfig(dg.Config):
    """`tenant_id`: only this tenant's days (an id); empty means every tenant's."""

    tenant_id: str = ""


@dg.multi_asset(
    name="warehouse",
    specs=mart_specs(),
    check_specs=check_specs(),
    partitions_def=LOCAL_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="warehouse",
    # A build fills all marts whatever was chosen; where none can be alone, Dagster refuses backfills even of all.
    can_subset=True,
)
def warehouse(context: dg.AssetExecutionContext, config: BuildConfig) -> Events:
    """Builds the local days of this run, of every tenant, in one dbt call."""
    try:
        built = _build(context, config)
    except BuildFailed as failure:
        yield from check_results(failure.results, context.selected_asset_check_keys)
        raise dg.Failure(failure.detail) from None
    asked, known = set(context.partition_keys), set(LOCAL_DAYS.get_partition_keys())
    for mart in MARTS:
        is_chosen = dg.AssetKey(mart) in context.selected_asset_keys
        for day in sorted((known & set(map(str, built.days))) - asked | (set() if is_chosen else asked)):
            context.log_event(dg.AssetMaterialization(mart, partition=day, metadata=metadata_of(mart, built)))
        if is_chosen:
            yield dg.MaterializeResult(asset_key=mart, metadata=metadata_of(mart, built))
    yield from check_results(built.results, context.selected_asset_check_keys)


def _build(context: dg.AssetExecutionContext, config: BuildConfig) -> Built:
    first, last = first_and_last(context)
    settings = load(DatabaseSettings)
    if not ONLY_STALE.items() <= context.run.tags.items():
        tenant_id = UUID(config.tenant_id) if config.tenant_id else None
        return build_warehouse(settings, days=Days(first, last, tenant_id))
    return build_warehouse(settings, full_refresh=set(LOCAL_DAYS.get_partition_keys()) <= set(context.partition_keys))


def metadata_of(mart: str, built: Built) -> dict[str, int | float]:
    """Counts and time; no row and no text."""
    seconds = sum(result.seconds for result in built.results if result.name == mart)
    return {"tenant_days": built.backlog.days, "chats": built.backlog.chats, "seconds": round(seconds, 3)}


def check_results(
    results: Sequence[NodeResult], chosen: AbstractSet[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """The data tests that ran, as the checks of their marts, of those that this run is to evaluate."""
    for result in results:
        asset = _CHECKS.get(result.name)
        if asset is not None and dg.AssetCheckKey(asset, result.name) in chosen and result.status != "skipped":
            yield dg.AssetCheckResult(
                asset_key=asset,
                check_name=result.name,
                passed=not result.is_broken,
                metadata={"failing_rows": result.failures or 0, "seconds": round(result.seconds, 3)},
            )
