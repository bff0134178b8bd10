"""Leases, several listeners, a database that stalls."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import psycopg
from psycopg import sql

from evosense.testing.evolution.server import EvolutionStandIn
from ingestion.listener import Listener
from tests.integration.ingestion.conftest import Rows, draft

Listening = Callable[[], AbstractAsyncContextManager[Listener]]
Connect = Callable[..., Any]


async def test_a_stolen_lease_ends_the_writing(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    async with listening():
        await rows.live()
        rows.all(
            "update app.connection_lease set owner = 'thief', fence = fence + 1, lease_until = now() + interval '1 h' "
            "returning 1"
        )
        evolution.deliver("loja-a", [draft("A")])
        await rows.until(
            "select 1 from app.listener", lambda _: evolution.stats()["links"] == 0
        )  # it let go of the link
    assert rows.all("select 1 from app.message") == []


async def test_two_listeners_share_and_one_takes_over(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    await connect_instance("loja-b", "token-b")
    query = "select owner, count(*) from app.connection_lease group by owner"
    async with listening():
        await rows.live(2)
        async with listening():
            await rows.until(query, lambda found: [row[1] for row in found] == [1, 1])
            await rows.live(2)
        await rows.until(query, lambda found: [row[1] for row in found] == [2])
        await rows.live(2)
        for instance in ("loja-a", "loja-b"):
            evolution.deliver(instance, [draft(f"M-{instance}")])
        await rows.ids({"M-loja-a", "M-loja-b"})


async def test_a_stalled_database_loses_nothing(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    admin_connection: psycopg.Connection,
) -> None:
    await connect_instance()
    async with listening():
        await rows.live()
        with admin_connection.transaction():
            lock = "lock table app.message in access exclusive mode"
            await asyncio.to_thread(admin_connection.execute, lock)
            for number in range(20):
                evolution.deliver("loja-a", [draft(f"M{number}")])
            await asyncio.sleep(0.5)
        admin_connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'evosense-listener'"
        )
        evolution.deliver("loja-a", [draft("LAST")])
        await rows.ids({*(f"M{number}" for number in range(20)), "LAST"})


async def test_a_standby_is_waited_for(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    admin_connection: psycopg.Connection,
) -> None:
    """After a failover the server that answers may be one that takes no rows yet."""
    await connect_instance()
    database = sql.Identifier(admin_connection.info.dbname)

    def read_only(value: str) -> None:
        admin_connection.execute(
            sql.SQL("alter database {} set default_transaction_read_only = {}").format(database, sql.Literal(value))
        )
        admin_connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'evosense-listener'"
        )

    async with listening() as listener:
        await rows.live()
        read_only("on")
        try:
            evolution.deliver("loja-a", [draft("A")])
            await rows.until("select 1", lambda _: listener.metrics.flush_failures._value.get() >= 3)
        finally:
            admin_connection.execute("set default_transaction_read_only = off")
            read_only("off")
        await rows.ids({"A"})
        assert not listener.lost.is_set()
    assert rows.all("select 1 from app.ingestion_gap where cause <> 'start'") == []
