"""Tasks of the listener that end by causes that nobody foresaw: told, counted, unhealthy, begun again or taken over."""

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

import httpx
import psycopg
import pytest

from evosense.tenants.keys import MasterKey
from evosense.testing.evolution.server import EvolutionStandIn
from ingestion.listener import Listener
from tests.integration.ingestion.conftest import Rows, draft
from tests.integration.ingestion.test_process import process
from tests.integration.ingestion.test_watchdog import watching

Listening = Callable[[], AbstractAsyncContextManager[Listener]]
Connect = Callable[..., Any]
TAKEN_OVER_S = 10


@contextmanager
def without(admin: psycopg.Connection, right: str, *tables: str) -> Generator[None]:
    """The pipeline's role has lost a right, as after a migration gone wrong."""
    named = ", ".join(tables)
    admin.execute(f"revoke {right} on {named} from evosense_pipeline")
    try:
        yield
    finally:
        admin.execute(f"grant {right} on {named} to evosense_pipeline")


async def told(listener: Listener) -> tuple[int, dict[str, Any], str]:
    """Status and body of /health, and the text of /metrics."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.port}") as client:
        health = await client.get("/health")
        return health.status_code, health.json(), (await client.get("/metrics")).text


@pytest.mark.parametrize(
    ("task", "right", "tables"),
    [
        ("writer", "insert", ("raw.evolution_event", "app.message")),
        ("states", "update", ("app.connection",)),
        ("roster", "update", ("app.listener",)),
    ],
)
async def test_a_lost_task_ends_the_listener(
    task: str,
    right: str,
    tables: tuple[str, ...],
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    admin_connection: psycopg.Connection,
) -> None:
    await connect_instance()
    async with listening() as listener:
        await rows.live()
        assert (await told(listener))[0] == 200
        with without(admin_connection, right, *tables):
            evolution.deliver("loja-a", [draft("A")])
            evolution.lifecycle.connection(evolution.instance("loja-a"), "close", 408)
            async with asyncio.timeout(8):
                await listener.lost.wait()
        status, health, metrics = await told(listener)
        assert (status, health["status"]) == (503, "task_failed")
        assert f'evosense_ingestion_task_failures_total{{task="{task}"}} 1.0' in metrics
    assert rows.all("select 1 from app.connection_lease") == []
    async with listening():
        await rows.ids({"A"})


async def test_its_process_says_so_and_another_takes_over(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    database_url: str,
    listening: Listening,
    rows: Rows,
    admin_connection: psycopg.Connection,
) -> None:
    await connect_instance()
    async with process(database_url) as (child, _):
        await rows.live()
        async with listening() as other:
            with without(admin_connection, "insert", "raw.evolution_event", "app.message"):
                evolution.deliver("loja-a", [draft("A"), draft("B")])
                assert await asyncio.wait_for(child.wait(), 15) == 1
            ended = time.monotonic()
            await rows.until(
                f"select 1 from app.connection_lease where owner = '{other.owner}'", bool, seconds=TAKEN_OVER_S
            )
            await rows.ids({"A", "B"}, seconds=TAKEN_OVER_S)
            assert time.monotonic() - ended < TAKEN_OVER_S


async def test_a_failing_link_begins_again(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    admin_connection: psycopg.Connection,
) -> None:
    await connect_instance()
    with without(admin_connection, "insert", "app.ingestion_gap"):
        async with listening() as listener:
            await rows.until(
                "select state, state_reason from app.connection", lambda found: found == [("offline", "link_lost")]
            )
            status, health, metrics = await told(listener)
            assert (status, health["status"]) == (503, "task_failed")
            assert 'evosense_ingestion_task_failures_total{task="link"}' in metrics
            admin_connection.execute("grant insert on app.ingestion_gap to evosense_pipeline")
            await rows.live()
            assert not listener.lost.is_set()
            evolution.deliver("loja-a", [draft("A")])
            await rows.ids({"A"})


async def test_a_failing_look_ends_no_watch(
    connect_instance: Connect,
    database_url: str,
    master_key: MasterKey,
    monkeypatch: Any,
    rows: Rows,
    admin_connection: psycopg.Connection,
) -> None:
    await connect_instance()
    async with watching(database_url, master_key, monkeypatch) as listener:
        await rows.live()
        failures = listener.metrics.task_failures.labels("watch")._value
        with without(admin_connection, "select", "app.message_event"):
            await rows.until("select 1", lambda _: failures.get() >= 2)
        assert (await told(listener))[0] == 503
        assert not listener.lost.is_set()
