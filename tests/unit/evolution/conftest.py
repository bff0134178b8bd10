"""The captured frames of a real server."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

WIRE = json.loads((Path(__file__).parents[2] / "fixtures/evolution/wire.json").read_text(encoding="utf-8"))
EXAMPLES: dict[str, dict[str, Any]] = WIRE["socketio_2_3_7"]


@pytest.fixture(scope="session")
def wire() -> dict[str, Any]:
    return WIRE


@pytest.fixture
def received_at() -> datetime:
    return datetime(2026, 11, 20, 23, 10, 48, tzinfo=UTC)


@pytest.fixture(params=sorted(EXAMPLES))
def example(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"name": request.param, **EXAMPLES[request.param]}
