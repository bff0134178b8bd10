"""Runs dbt in this process, which costs its import once (about 4 s of CPU) and then a second or two a build."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from evosense.errors import UpstreamError


class BuildFailed(UpstreamError):
    """dbt could not build the warehouse; its log says which model or test, and the previous numbers stay readable."""

    code = "warehouse_build_failed"


def run_dbt(arguments: Sequence[str], environment: Mapping[str, str], *, quiet: bool = False) -> None:
    """Run one dbt command.

    Raises:
        BuildFailed: A model or a test failed; the message names them.
    """
    from dbt.cli.main import dbtRunner  # heavy: only those who run dbt pay for it

    os.environ.update(environment)
    flags = ["--no-use-colors", *(["--quiet"] if quiet else [])]
    result = dbtRunner().invoke([*flags, *arguments])
    if result.success:
        return
    nodes = getattr(result.result, "results", None) or []
    broken = [str(node.node.name) for node in nodes if str(node.status) in ("error", "fail", "runtime error")]
    names = ", ".join(broken) or type(result.exception).__name__
    raise BuildFailed(f"dbt {arguments[0]} failed: {names}. See the folder dbt/logs in DATA_DIR.")
