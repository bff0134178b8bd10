"""The runbook says what to do about every asset check."""

from pathlib import Path

import pytest

from orchestration.definitions import defs

RUNBOOK = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
_OF_DBT = ("fct_", "mart_", "unique_", "relationships_", "accepted_values_", "not_null_", "dim_", "int_", "stg_")


def checks() -> list[str]:
    graph = defs.get_repository_def().asset_graph
    return sorted({key.name for key in graph.asset_check_keys})


@pytest.mark.parametrize("name", checks())
def test_every_check_has_an_entry(name: str) -> None:
    if name.startswith(_OF_DBT):
        prefix = next(one for one in _OF_DBT if name.startswith(one))
        assert f"`{prefix}…`" in RUNBOOK
    else:
        assert f"| `{name}` |" in RUNBOOK, f"say in docs/operations.md what to do when {name} fails"
