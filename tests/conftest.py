"""Fixtures that every test may use. Real Postgres: one server a checkout, one migrated template, one clone a test."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from evosense.db.database import AsyncPool, open_pool
from evosense.db.embedded import EmbeddedPostgres
from evosense.db.migrate import migrate, migrations
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import add_tenant
from evosense.testing.postgres import TemplateDatabase, checkout_cluster
from tests.one_worker import make_scheduler

ROOT = Path(__file__).resolve().parents[1]
SECRET_KEY = "a secret key that only tests know, 32+ chars"


@pytest.fixture(scope="session")
def postgres_cluster() -> Generator[EmbeddedPostgres]:
    """The running test server of this checkout."""
    with checkout_cluster(ROOT) as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres_cluster: EmbeddedPostgres) -> TemplateDatabase:
    """The migrated template; `with template_database.clone() as url` gives a database of one's own."""
    fingerprint = "".join(migration.checksum for migration in migrations())
    template = TemplateDatabase(postgres_cluster, lambda url: migrate(url) and None, fingerprint=fingerprint)
    template.prepare()
    return template


@pytest.fixture
def database_url(template_database: TemplateDatabase) -> Generator[str]:
    """A fresh migrated database for this test; the login is a superuser, so name a role when you connect."""
    with template_database.clone() as url:
        yield url


@pytest.fixture(scope="session")
def schema_url(template_database: TemplateDatabase) -> Generator[str]:
    """A migrated database for tests that only look at the schema; write nothing into it."""
    with template_database.clone() as url:
        yield url


@pytest.fixture
def master_key() -> MasterKey:
    """The master key that the tests' tenants are made with."""
    return MasterKey.from_secret(SECRET_KEY)


@pytest.fixture
async def pipeline_pool(database_url: str) -> AsyncGenerator[AsyncPool]:
    """A pool in the role of ingestion and Dagster."""
    async with open_pool(database_url, "evosense_pipeline", max_size=4) as pool:
        yield pool


@pytest.fixture
async def api_pool(database_url: str) -> AsyncGenerator[AsyncPool]:
    """A pool in the role of serving."""
    async with open_pool(database_url, "evosense_api", max_size=4) as pool:
        yield pool


@pytest.fixture
async def tenant_id(pipeline_pool: AsyncPool, master_key: MasterKey) -> UUID:
    """A tenant on the plan `pro` in São Paulo."""
    async with pipeline_pool.connection() as connection:
        return await add_tenant(connection, master_key, name="Loja Aurora")


@pytest.fixture
async def other_tenant_id(pipeline_pool: AsyncPool, master_key: MasterKey) -> UUID:
    """A second tenant, which the first must never see."""
    async with pipeline_pool.connection() as connection:
        return await add_tenant(connection, master_key, name="Clínica Sorriso")


@pytest.fixture
def admin_connection(database_url: str) -> Generator[psycopg.Connection]:
    """The superuser, to look at what no role may see.

    What writes where the test's own loop may hold the row belongs in a thread: it would wait for itself.
    """
    with psycopg.connect(database_url, autocommit=True, options="-c lock_timeout=60s") as connection:
        yield connection


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """See tests/one_worker.py."""
    return make_scheduler(config, log)
