"""`evosense version`."""

from __future__ import annotations

import importlib.metadata
import platform


def version() -> None:
    """Print the versions that a bug report needs."""
    print(f"evosense {importlib.metadata.version('evosense')}, Python {platform.python_version()}")
