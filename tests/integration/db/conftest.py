"""A folder for embedded servers, and a maker of servers that are gone after the test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evosense.db.embedded import EmbeddedPostgres
from tests.integration.db.servers import Make


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can enter (pytest's own is closed to everybody else)."""
    path = Path(tempfile.mkdtemp(prefix="evosense-embedded-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def make(folder: Path) -> Iterator[Make]:
    """Makes servers on `folder`/pg that are gone after the test."""
    made: list[EmbeddedPostgres] = []

    def build(**options: object) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(folder / "pg", **{"durable": False, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for server in made:
        server.stop()
    if made and made[-1].places.cluster.exists():
        made[-1].destroy()
