"""A stand-in Evolution server, a tenant's connection to it, and a listener in this process."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from evosense.connections.repository import add_connection
from evosense.db.database import AsyncPool
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.drafts import Draft, phone_jid
from evosense.testing.evolution.server import EvolutionStandIn
from evosense.testing.postgres import TemplateDatabase
from ingestion.listener import Listener, ListenerConfig
from tests.integration.emptied_database import cloned, empty
from tests.loopback import LOOPBACK

CUSTOMER = phone_jid("5511977776666")


@pytest.fixture(scope="module")
def module_database_url(template_database: TemplateDatabase) -> Generator[str]:
    yield from cloned(template_database)


@pytest.fixture
def database_url(module_database_url: str) -> str:
    """The module's database, empty."""
    empty(module_database_url)
    return module_database_url


@pytest.fixture
async def evolution() -> AsyncGenerator[EvolutionStandIn]:
    specs = (InstanceSpec("loja-a", "token-a"), InstanceSpec("loja-b", "token-b"))
    async with EvolutionStandIn(StandInConfig(instances=specs)) as server:
        yield server


@pytest.fixture
def connect_instance(
    pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id: UUID, evolution: EvolutionStandIn
) -> Callable[..., Any]:
    """Adds a connection to the stand-in; answers its id."""

    async def add(instance: str = "loja-a", token: str = "token-a", tenant: UUID = tenant_id) -> UUID:
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant)
            return await add_connection(
                connection, keys, name=instance, server_url=evolution.url, instance=instance, token=token
            )

    return add


@pytest.fixture
def listening(database_url: str, master_key: MasterKey) -> Callable[[], AbstractAsyncContextManager[Listener]]:
    """Runs a listener for the length of a block."""
    return lambda: Listener.running(ListenerConfig(database_url, database_url, master_key, allowed=LOOPBACK))


class Rows:
    """Looks at the database until it shows what is expected."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def all(self, query: str, *parameters: Any) -> list[Any]:
        return self._connection.execute(query, parameters).fetchall()

    async def until(self, query: str, expected: Callable[[list[Any]], bool], *, seconds: float = 20) -> list[Any]:
        """The rows once `expected` holds; fails with the last ones seen."""
        deadline = time.monotonic() + seconds
        rows = self.all(query)
        while not expected(rows):
            assert time.monotonic() < deadline, rows
            await asyncio.sleep(0.03)
            rows = self.all(query)
        return rows

    async def live(self, count: int = 1) -> None:
        """Wait until that many connections are live."""
        await self.until("select 1 from app.connection where state = 'live'", lambda rows: len(rows) == count)

    async def heard(self, events: int) -> None:
        """Wait until that many raw events are kept."""
        await self.until("select count(*) from raw.evolution_event", lambda rows: rows[0][0] == events)

    async def ids(self, expected: set[str], *, seconds: float = 20) -> None:
        """Wait until exactly these messages are stored."""
        await self.until(
            "select external_id from app.message",
            lambda rows: sorted(row[0] for row in rows) == sorted(expected),
            seconds=seconds,
        )


@pytest.fixture
def rows(admin_connection: psycopg.Connection) -> Rows:
    return Rows(admin_connection)


def draft(key_id: str, text: str = "oi", *, chat: str = CUSTOMER, **fields: Any) -> Draft:
    """A message of now."""
    return Draft(key_id=key_id, chat=chat, sent_at=int(time.time()), text=text, push_name="Marcos", **fields)
