"""The marts as Dagster assets, translated by dagster-dbt and written to a file.

Importing dagster-dbt costs 4 s of CPU and 110 MB in every process that loads the definitions, the drain among them
(docs/decisions/0030-dbt-in-dagster.md). So it translates when the project changes, not when a run starts:
`python -m orchestration.warehouse graph` writes orchestration/defs/analytics/graph.json, which loads in a millisecond,
and a test compares the file with what dagster-dbt says of the project.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GRAPH_FILE = Path(__file__).resolve().parents[1] / "defs" / "analytics" / "graph.json"


def describe_graph(manifest_path: Path) -> dict[str, Any]:
    """Assets and asset checks of the project behind a manifest.json, as plain data in a fixed order.

    Views carry no data of their own, so they are described but not built by an asset.
    """
    from dagster_dbt import DagsterDbtTranslator  # heavy, see above
    from dagster_dbt.asset_utils import build_dbt_specs

    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    specs, check_specs = build_dbt_specs(
        translator=DagsterDbtTranslator(),
        manifest=manifest,
        select="fqn:*",
        exclude="",
        selector="",
        io_manager_key=None,
        project=None,
    )
    views = {node["name"] for node in manifest["nodes"].values() if _is_view(node)}
    assets = [
        {
            "key": list(spec.key.path),
            "deps": sorted(list(dep.asset_key.path) for dep in spec.deps),
            "description": _prose(manifest, spec.key.path[-1]),
            "is_view": spec.key.path[-1] in views,
            "code_version": spec.code_version,
            "columns": _columns(manifest, spec.key.path[-1]),
        }
        for spec in specs
    ]
    checks = [
        {
            "name": check.name,
            "asset": list(check.asset_key.path),
            "additional_deps": sorted(list(dep.asset_key.path) for dep in check.additional_deps),
            "blocking": check.blocking,
        }
        for check in check_specs
    ]
    return {
        "assets": sorted(assets, key=lambda asset: str(asset["key"])),
        "checks": sorted(checks, key=lambda check: f"{check['asset']} {check['name']}"),
    }


def write_graph(manifest_path: Path) -> None:
    """Write what `describe_graph` says to the file that the definitions load."""
    text = json.dumps(describe_graph(manifest_path), ensure_ascii=False, indent=2, sort_keys=True)
    GRAPH_FILE.write_text(text + "\n", encoding="utf-8")


def _is_view(node: Mapping[str, Any]) -> bool:
    """Whether an asset would have nothing of its own to show: views, and the tables that a build works with."""
    return node["resource_type"] == "model" and "marts" not in node["fqn"]


def _prose(manifest: Mapping[str, Any], name: str) -> str:
    """The description as its author wrote it; dagster-dbt would add the raw SQL, which the repository has."""
    return str(_node(manifest, name)["description"]).strip()


def _columns(manifest: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The columns that are described, in their order; of a mart all, by its contract."""
    return [
        {
            "name": column["name"],
            "type": column["data_type"] or "",
            "description": column["description"].strip(),
            "not_null": any(one["type"] == "not_null" for one in column["constraints"]),
        }
        for column in _node(manifest, name)["columns"].values()
    ]


def _node(manifest: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(node for node in manifest["nodes"].values() if node["name"] == name)
