"""Runs dbt in this process, which costs its import once (about 4 s of CPU) and then a second or two a build."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evosense.errors import UpstreamError

_BROKEN = frozenset({"error", "fail", "runtime error"})


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What became of one model or test. `failures` are rows that a test found wrong; no row itself is kept."""

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    failures: int | None

    @property
    def is_broken(self) -> bool:
        """It failed by itself; what was skipped after it is not broken."""
        return self.status in _BROKEN


class BuildFailed(UpstreamError):
    """dbt could not build the warehouse; its log says which model or test, and the previous numbers stay readable."""

    code = "warehouse_build_failed"

    def __init__(self, detail: str, results: Sequence[NodeResult] = ()) -> None:
        """`results` are those of all nodes, the broken ones among them."""
        super().__init__(detail)
        self.results = list(results)


def run_dbt(arguments: Sequence[str], environment: Mapping[str, str], *, quiet: bool = True) -> list[NodeResult]:
    """Run one dbt command; answers what became of each node (none for commands that run no node).

    Raises:
        BuildFailed: A model or a test failed, or dbt refused the command; the message names what.
    """
    from dbt.cli.main import dbtRunner  # heavy: only those who run dbt pay for it

    os.environ.update(environment)
    flags = ["--no-use-colors", *(["--quiet"] if quiet else [])]
    answer = dbtRunner().invoke([*flags, *arguments])
    # Commands that run nodes answer a list of results; others (parse, docs) answer something else.
    results = [_node_result(result) for result in getattr(answer.result, "results", None) or () if _has_node(result)]
    if answer.success:
        return results
    broken = [result.name for result in results if result.is_broken]
    cause = ", ".join(broken) or type(answer.exception).__name__
    place = Path(environment["DBT_LOG_PATH"]) / "dbt.log"
    raise BuildFailed(f"dbt {arguments[0]} failed ({cause}); see {place.name} in dbt/logs of DATA_DIR", results)


def _has_node(result: Any) -> bool:
    return hasattr(result, "node") and hasattr(result, "status")


def _node_result(result: Any) -> NodeResult:
    return NodeResult(
        unique_id=result.node.unique_id,
        name=result.node.name,
        resource_type=str(result.node.resource_type),
        status=str(result.status),
        seconds=float(result.execution_time),
        failures=result.failures,
    )
