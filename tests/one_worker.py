"""Which tests share a worker under pytest-xdist, because they share something dear to make.

pytest-xdist 3.8 hands groups on in a field of the test item that pytest 9.2 no longer has, so its `xdist_group` mark
does nothing; a scheduler that looks at the path does.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# One warehouse, built by dbt, for the whole folder; and whole stacks one after the other, for the sake of the machine.
_GROUPS = {"tests/integration/warehouse/": "warehouse", "tests/e2e/": "whole stacks", "tests/faults/": "whole stacks"}


class FoldersTogether(LoadScopeScheduling):
    """Sends each test to whichever worker is free, but those of some folders to one."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for folder, group in _GROUPS.items() if nodeid.startswith(folder)), nodeid)


def make_scheduler(config: pytest.Config, log: Any) -> FoldersTogether | None:
    """The scheduler for `--dist loadgroup`, else None: xdist's own."""
    return FoldersTogether(config, log) if config.getvalue("dist") == "loadgroup" else None
