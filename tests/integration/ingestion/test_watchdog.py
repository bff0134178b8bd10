"""A server that stores and tells nothing; who a token belongs to; global mode; webhooks that were posted in vain."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from evosense.connections.repository import add_connection, set_active, set_token
from evosense.db.database import AsyncPool
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.server import EvolutionStandIn
from ingestion import watchdog
from ingestion.listener import Listener, ListenerConfig
from ingestion.watchdog import WatchTimes
from tests.integration.ingestion.conftest import Rows, draft
from tests.loopback import LOOPBACK

Listening = Callable[[], AbstractAsyncContextManager[Listener]]
Connect = Callable[..., Any]
GAPS = "select cause, state, recovered from app.ingestion_gap where cause = 'silence'"


def watching(
    database_url: str, master_key: MasterKey, monkeypatch: Any, *, silence: float = 1
) -> AbstractAsyncContextManager[Listener]:
    """A listener that takes a second of silence (or so many) for suspicious."""
    monkeypatch.setattr(watchdog, "_MARGIN", watchdog.timedelta(0))
    times = WatchTimes(silence=silence, regular=3 * silence)
    return Listener.running(
        ListenerConfig(database_url, database_url, master_key, allowed=LOOPBACK, watch=times)
    )  # fmt: skip


async def test_a_deaf_link_is_found_out_repaired_and_opened_anew(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    rows: Rows,
    database_url: str,
    master_key: MasterKey,
    monkeypatch: Any,
) -> None:
    await connect_instance()
    async with watching(database_url, master_key, monkeypatch) as listener:
        await rows.live()
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})
        evolution.set_faults({"mute": ["loja-a"]})
        evolution.deliver("loja-a", [draft("B"), draft("C")])
        await rows.ids({"A", "B", "C"})
        await rows.until(GAPS, lambda found: found == [("silence", "repaired", 2)])
        await rows.until(
            "select 1 from app.live_event where payload ->> 'reason' = 'silent'", lambda found: len(found) >= 1
        )
        evolution.set_faults({"mute": []})
        await rows.live()
        assert listener.metrics.silences._value.get() == 1
        evolution.deliver("loja-a", [draft("D")])
        await rows.ids({"A", "B", "C", "D"})


async def test_a_lively_link_is_asked_about_too(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    rows: Rows,
    database_url: str,
    master_key: MasterKey,
    monkeypatch: Any,
) -> None:
    """Events that are lost one by one leave no silence."""
    await connect_instance()
    async with watching(database_url, master_key, monkeypatch):
        await rows.live()
        evolution.set_faults({"lose": 0.5})
        sent = {f"M{number}" for number in range(30)}
        for name in sorted(sent):
            evolution.deliver("loja-a", [draft(name)])
            await asyncio.sleep(0.1)
        await rows.ids(sent)


async def test_what_is_lost_before_the_first_look_is_counted_too(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    rows: Rows,
    database_url: str,
    master_key: MasterKey,
    monkeypatch: Any,
) -> None:
    """The repair has asked the server by then, and the watchdog has not looked yet."""
    await connect_instance()
    async with watching(database_url, master_key, monkeypatch, silence=6):
        await rows.live()
        evolution.set_faults({"mute": ["loja-a"]})
        evolution.deliver("loja-a", [draft("A")])
        evolution.set_faults({"mute": []})
        await rows.ids({"A"})


async def test_equal_counts_leave_no_gap(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    rows: Rows,
    database_url: str,
    master_key: MasterKey,
    monkeypatch: Any,
) -> None:
    await connect_instance()
    evolution.set_faults({"duplicate": 1.0})  # the server keeps everything twice
    async with watching(database_url, master_key, monkeypatch) as listener:
        await rows.live()
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})
        await asyncio.sleep(3)
        assert listener.metrics.silences._value.get() == 0
    assert rows.all(GAPS) == []


async def test_a_token_of_another_instance_hears_nothing(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    pipeline_pool: AsyncPool,
    master_key: MasterKey,
    tenant_id: UUID,
    other_tenant_id: UUID,
) -> None:
    """The server's socket would let it in."""
    await connect_instance("loja-b", "token-b", other_tenant_id)
    thief = await connect_instance("loja-b", "token-a", tenant_id)
    async with listening():
        await rows.until(
            "select state, state_reason from app.connection order by state",
            lambda found: found == [("live", None), ("refused", "http_401")],
        )
        evolution.deliver("loja-b", [draft("SECRET")])
        await rows.ids({"SECRET"})
        assert rows.all("select tenant_id from app.message") == [(other_tenant_id,)]
        assert rows.all("select tenant_id from raw.evolution_event where tenant_id = %s", tenant_id) == []
        lost = "select state, unrecoverable from app.ingestion_gap where connection_id = %s"
        assert rows.all(lost, thief) == [("lost", "http_401")]
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            await set_token(connection, keys, thief, "token-b")
        await rows.live(2)


async def test_a_refusal_of_one_connection_is_tried_again_when_resumed(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    pipeline_pool: AsyncPool,
    tenant_id: UUID,
) -> None:
    evolution.set_faults({"license_required": True})
    connection_id = await connect_instance()
    async with listening():
        await rows.until(
            "select state_reason from app.connection", lambda found: found == [("license_required",)]
        )  # fmt: skip
        evolution.set_faults({"license_required": False})
        async with pipeline_pool.connection() as connection:
            await set_active(connection, tenant_id, connection_id, is_active=True)
        await rows.live()


async def test_global_mode_needs_no_namespace_of_the_instance(
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    pipeline_pool: AsyncPool,
    master_key: MasterKey,
    tenant_id: UUID,
) -> None:
    """Every instance's events come on the root namespace; those of instances that are not ours are left alone."""
    specs = (InstanceSpec("loja-a", "token-a", websocket=False), InstanceSpec("loja-x", "token-x", websocket=False))
    async with EvolutionStandIn(StandInConfig(instances=specs, global_events=True)) as server:
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            await add_connection(
                connection, keys, name="a", server_url=server.url, instance="loja-a", token="demo-global-key"
            )
        server.deliver("loja-a", [draft("BEFORE")])
        async with listening() as listener:
            await rows.until("select state from app.connection", lambda found: found == [("joining",)])
            server.deliver("loja-x", [draft("FOREIGN")])
            await rows.live()
            await rows.ids({"BEFORE"})
            server.deliver("loja-a", [draft("A")])
            await rows.ids({"BEFORE", "A"})
            server.hub.cut_links()
            server.deliver("loja-a", [draft("B")])
            await rows.ids({"BEFORE", "A", "B"})
            await rows.live()
            assert listener.metrics.rejected.labels("not_ours")._value.get() >= 1


async def test_webhooks_posted_in_vain_are_fetched(
    evolution: EvolutionStandIn,
    listening: Listening,
    rows: Rows,
    pipeline_pool: AsyncPool,
    master_key: MasterKey,
    tenant_id: UUID,
) -> None:
    evolution.deliver("loja-a", [draft("A")])
    async with pipeline_pool.connection() as connection:
        keys = await open_keys(connection, master_key, tenant_id)
        await add_connection(
            connection, keys, name="a", server_url=evolution.url, instance="loja-a", token="token-a",
            transport="webhook",
        )  # fmt: skip
    async with listening():
        await rows.ids({"A"})
        await rows.live()
    assert rows.all("select state from app.connection") == [("live",)]  # the API takes webhooks, whoever listens
    assert rows.all("select cause, state, recovered from app.ingestion_gap") == [("start", "repaired", 1)]


async def test_the_phones_state_is_known_although_nobody_tells_it(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    rows: Rows,
    database_url: str,
    master_key: MasterKey,
    monkeypatch: Any,
) -> None:
    """connection.update comes when something changes, which may have been before we listened, or never comes."""
    await connect_instance()
    state = "select whatsapp_state from app.connection"
    evolution.instance("loja-a").state = "close"
    async with watching(database_url, master_key, monkeypatch):
        await rows.until(state, lambda found: found == [("close",)])
        evolution.instance("loja-a").state = "open"
        await rows.until(state, lambda found: found == [("open",)])


async def test_an_instance_whose_socket_is_off_is_fetched_all_the_same(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    rows: Rows,
    database_url: str,
    master_key: MasterKey,
    monkeypatch: Any,
) -> None:
    evolution.instance("loja-a").websocket.enabled = False
    await evolution.restart()
    await connect_instance()
    async with watching(database_url, master_key, monkeypatch):
        await rows.until("select state from app.connection", lambda found: found == [("joining",)])
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})
        evolution.deliver("loja-a", [draft("B")])
        await rows.ids({"A", "B"})
        assert evolution.stats()["links"] == 1
        evolution.instance("loja-a").websocket.enabled = True
        evolution.deliver("loja-a", [draft("C")])
        await rows.live()
        await rows.ids({"A", "B", "C"})
