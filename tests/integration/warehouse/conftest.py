"""One warehouse for the tests of this folder: a world of messages, built once by dbt in this process."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from evosense.testing.postgres import TemplateDatabase
from orchestration.warehouse.build import Days, prepared
from orchestration.warehouse.invoke import run_dbt
from orchestration.warehouse.profile import dbt_environment
from tests.integration.warehouse.world import World


class Warehouse:
    """A database with its world, and dbt to build its marts."""

    def __init__(self, url: str, world: World, data_dir: Path) -> None:
        self.url = url
        self.world = world
        self.data_dir = data_dir
        self._environment = dbt_environment(url, data_dir)

    def build(self, *, days: Days | None = None, full_refresh: bool = False) -> None:
        with prepared(self.url, days=days, full_refresh=full_refresh) as build:
            if not build.is_empty:
                run_dbt(build.arguments, self._environment)

    def dbt(self, *arguments: str) -> None:
        run_dbt(arguments, self._environment)

    @contextlib.contextmanager
    def admin(self) -> Generator[psycopg.Connection]:
        with psycopg.connect(self.url) as connection:
            yield connection


@pytest.fixture(scope="session")
def warehouse(template_database: TemplateDatabase, tmp_path_factory: pytest.TempPathFactory) -> Generator[Warehouse]:
    """Three tenants with 60 days each, built; tests go on changing it, so each compares with a fresh recount."""
    world = World(seed=20261120)
    world.populate(chats=10)
    with template_database.clone() as url:
        with psycopg.connect(url) as connection:
            world.write(connection)
        known = Warehouse(url, world, tmp_path_factory.mktemp("data"))
        known.build()
        yield known
