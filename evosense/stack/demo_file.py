"""DATA_DIR/demo.json: addresses and logins for scripts and support. Mode 0600, since it holds passwords."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from evosense.stack.demo_seed import DemoUser
from evosense.stack.folder import write_private
from evosense.stack.setup import Addresses

_NAME = "demo.json"


def write_demo_file(data_dir: Path, addresses: Addresses, database_url: str, users: list[DemoUser]) -> Path:
    """Write it once the page answers; {api_url, dagster_url, evolution_url, database_url, users}."""
    content = {
        "api_url": addresses.api_url,
        "dagster_url": addresses.dagster_url,
        "evolution_url": addresses.evolution_url,
        "database_url": database_url,
        "users": [asdict(user) for user in users],
    }
    file = data_dir / _NAME
    write_private(file, json.dumps(content, indent=2) + "\n")
    return file


def remove_demo_file(data_dir: Path) -> None:
    """Remove it: a file that is there means a stack that runs."""
    (data_dir / _NAME).unlink(missing_ok=True)
