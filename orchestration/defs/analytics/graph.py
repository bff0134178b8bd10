"""The marts as asset specs, from the file that dagster-dbt's translation was written to."""

from __future__ import annotations

import json
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.defs.analytics.automation import STALE_OR_OTHER_CODE
from orchestration.partitions import LOCAL_DAYS

_GRAPH_FILE = Path(__file__).with_name("graph.json")


@cache
def _graph() -> dict[str, Any]:
    return json.loads(_GRAPH_FILE.read_text(encoding="utf-8"))


def mart_specs() -> list[dg.AssetSpec]:
    """The tables that a build fills, partitioned by the tenants' local day; each after those that it is made of."""
    marts = {tuple(asset["key"]): asset for asset in _graph()["assets"] if not asset["is_view"]}
    order = TopologicalSorter({key: {tuple(dep) for dep in asset["deps"]} & set(marts) for key, asset in marts.items()})
    return [_spec(marts[key], LOCAL_DAYS) for key in order.static_order()]


def view_specs() -> list[dg.AssetSpec]:
    """The views between app and the marts: there for the lineage, nothing to materialise."""
    return [_spec(asset, None) for asset in _graph()["assets"] if asset["is_view"]]


def check_specs() -> list[dg.AssetCheckSpec]:
    """The data tests of the marts."""
    marts = {spec.key for spec in mart_specs()}
    return [
        dg.AssetCheckSpec(
            name=check["name"],
            asset=dg.AssetKey(check["asset"]),
            additional_deps=[dg.AssetKey(key) for key in check["additional_deps"]],
            blocking=check["blocking"],
        )
        for check in _graph()["checks"]
        if dg.AssetKey(check["asset"]) in marts
    ]


def code_version() -> str:
    """Another one whenever any model changes."""
    versions = [str(asset["code_version"]) for asset in _graph()["assets"]]
    return sha256(" ".join(versions).encode()).hexdigest()[:16]


def _spec(asset: dict[str, Any], partitions: dg.PartitionsDefinition[Any] | None) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=dg.AssetKey(asset["key"]),
        deps=[dg.AssetKey(key) for key in asset["deps"]],
        description=asset["description"],
        code_version=asset["code_version"],
        group_name="analytics",
        kinds={"dbt", "postgres"},
        metadata={"dagster/column_schema": _columns(asset)} if asset["columns"] else None,
        partitions_def=partitions,
        automation_condition=None if asset["is_view"] else STALE_OR_OTHER_CODE,
    )


def _columns(asset: dict[str, Any]) -> dg.TableSchema:
    """What the Dagster UI shows of a table: the contract's columns."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column["name"],
                type=column["type"],
                description=column["description"] or None,
                constraints=dg.TableColumnConstraints(nullable=not column["not_null"]),
            )
            for column in asset["columns"]
        ]
    )
