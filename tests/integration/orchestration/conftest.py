"""Messages for the assets, and the settings that they read."""

import dagster as dg
import pytest

from tests.integration.scoring.conftest import inbox

__all__ = ["dagster_instance", "environment", "inbox"]


@pytest.fixture
def environment(monkeypatch, database_url):
    """The processes' environment: the test's database, embedded models."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    for name in ("DATABASE_DIRECT_URL", "N8N_AI_WEBHOOK"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def dagster_instance():
    """An instance in memory."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance
