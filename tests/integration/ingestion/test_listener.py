"""The listener against the stand-in server: real sockets, real Postgres, one process."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from evosense.connections.repository import add_connection, remove_connection, set_token
from evosense.db.database import AsyncPool
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.testing.evolution.config import InstanceSpec, StandInConfig
from evosense.testing.evolution.server import EvolutionStandIn
from ingestion.listener import Listener
from tests.integration.ingestion.conftest import Rows, draft

Listening = Callable[[], AbstractAsyncContextManager[Listener]]
Connect = Callable[..., Any]


async def test_a_message_is_stored_moments_after_it_was_sent(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("A", "Bom dia! Vocês abrem hoje?")])
        await rows.ids({"A"})
    ((text,),) = rows.all("select text from app.message_body")
    assert text == "Bom dia! Vocês abrem hoje?"
    assert rows.all("select kind from app.ai_task order by 1") == [("embed",), ("score",)]


async def test_what_was_sent_while_nobody_listened_is_fetched(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})
    evolution.deliver("loja-a", [draft("B"), draft("C")])
    async with listening():
        await rows.ids({"A", "B", "C"})
        await rows.live()
    gaps = rows.all(
        "select state, recovered, cause, unrecoverable is not null from app.ingestion_gap order by created_at"
    )
    assert gaps == [("repaired", 0, "start", True), ("repaired", 2, "start", True)]


async def test_a_phones_late_backlog_is_fetched_too(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    admin_connection: psycopg.Connection,
) -> None:
    """It was offline for hours and came back while nobody listened: the times are those of then, not of the gap."""
    await connect_instance()
    admin_connection.execute("update app.connection set created_at = now() - interval '2 days'")
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})
    hour = 3600
    now = int(time.time())
    for number, age in enumerate((1, 5, 30, 47)):
        evolution.deliver("loja-a", [replace(draft(f"LATE{number}"), sent_at=now - age * hour)])
    evolution.deliver("loja-a", [replace(draft("BEFORE-OUR-TIME"), sent_at=now - 60 * hour)])
    async with listening():
        await rows.ids({"A", *(f"LATE{number}" for number in range(4))})
        await rows.live()
    gaps = rows.all("select state, recovered from app.ingestion_gap order by created_at")
    assert gaps == [("repaired", 0), ("repaired", 4)]


async def test_a_cut_link_is_repaired(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})
        evolution.hub.cut_links()
        evolution.deliver("loja-a", [draft("B")])
        await rows.ids({"A", "B"})
        await rows.live()
        evolution.deliver("loja-a", [draft("C")])
        await rows.ids({"A", "B", "C"})


async def test_a_restarted_server_makes_its_namespaces_late(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    async with listening():
        await rows.live()
        await evolution.restart()
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})


async def test_connections_come_and_go_while_it_runs(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    pipeline_pool: AsyncPool,
    tenant_id: UUID,
) -> None:
    async with listening():
        first = await connect_instance()
        await rows.live()
        await connect_instance("loja-b", "token-b")
        await rows.live(2)
        async with pipeline_pool.connection() as connection:
            await remove_connection(connection, tenant_id, first)
        await rows.until(
            "select connection_id from app.connection_lease", lambda leases: len(leases) == 1 and leases[0][0] != first
        )
        evolution.deliver("loja-a", [draft("GONE")])
        evolution.deliver("loja-b", [draft("HERE")])
        await rows.ids({"HERE"})
    assert rows.all("select 1 from app.connection_lease") == []
    assert rows.all("select state, state_reason from app.connection where is_active") == [
        ("offline", "listener_stopped")
    ]


async def test_one_link_serves_many_instances_under_the_global_key(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    for instance in ("loja-a", "loja-b"):
        await connect_instance(instance, "demo-global-key")
    async with listening():
        await rows.live(2)
        assert evolution.stats()["links"] == 1
        for instance in ("loja-a", "loja-b"):
            evolution.deliver(instance, [draft(f"M-{instance}")])
        await rows.ids({"M-loja-a", "M-loja-b"})
    assert rows.all(
        "select count(distinct m.connection_id) from app.message as m inner join app.connection as c "
        "on c.id = m.connection_id and m.external_id = 'M-' || c.instance"
    ) == [(2,)]


async def test_a_refused_key_stops_the_connection_until_it_is_changed(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    pipeline_pool: AsyncPool,
    master_key: MasterKey,
    tenant_id: UUID,
) -> None:
    connection_id = await connect_instance(token="wrong")
    async with listening():
        states = await rows.until(
            "select state, state_reason from app.connection", lambda found: found[0][0] == "refused"
        )
        assert states == [("refused", "http_400")]
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            await set_token(connection, keys, connection_id, "token-a")
        await rows.live()
    reasons = rows.all("select payload ->> 'state' from app.live_event where type = 'connection_state'")
    assert ("refused",) in reasons


async def test_a_server_without_licence_stops_the_connection(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    evolution.set_faults({"license_required": True})
    await connect_instance()
    async with listening():
        await rows.until(
            "select state, state_reason from app.connection",
            lambda found: found == [("refused", "license_required")],
        )
    assert rows.all("select state, unrecoverable from app.ingestion_gap") == [("lost", "license_required")]


async def test_a_server_that_is_away_is_tried_again(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    await evolution.stop()
    async with listening():
        await rows.until("select state from app.connection", lambda found: found == [("offline",)])
        await evolution.start()
        await rows.live()


async def test_private_addresses_are_refused_unless_allowed(
    evolution: EvolutionStandIn, connect_instance: Connect, database_url: str, master_key: MasterKey, rows: Rows
) -> None:
    from ingestion.listener import ListenerConfig

    await connect_instance()
    async with Listener.running(ListenerConfig(database_url, database_url, master_key)):
        await rows.until(
            "select state, state_reason from app.connection",
            lambda found: found == [("refused", "address_not_allowed")],
        )
    assert evolution.stats()["links"] == 0


async def test_duplicates_and_disorder_of_the_server_change_nothing(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    evolution.set_faults({"duplicate": 0.5, "reorder_window": 5, "contacts_first": 0.5})
    async with listening():
        await rows.live()
        for number in range(60):
            evolution.deliver("loja-a", [draft(f"M{number}")])
        await rows.ids({f"M{number}" for number in range(60)})


async def test_captured_frames_arrive_byte_for_byte(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows, wire_path: Any
) -> None:
    evolution.load_captures(wire_path)
    await connect_instance("loja-b", "token-b")
    async with listening():
        await rows.live()
        for name in json.loads(wire_path.read_text(encoding="utf-8"))["socketio_2_3_7"]:
            if evolution.captures[name].instance == "loja-b":
                evolution.replay(name)
        await rows.until("select count(*) from app.message", lambda found: found[0][0] >= 9)
        await rows.until("select whatsapp_state from app.connection", lambda found: found[0][0] != "open")
    assert rows.all("select count(*) from app.failed_task") == [(0,)]


async def test_another_instances_events_are_rejected(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    """The server lets any token into any namespace, so what an envelope says is checked against where it came."""
    await connect_instance()
    async with listening() as listener:
        await rows.live()
        namespace = evolution.instance("loja-a").namespace
        foreign = {"event": "messages.upsert", "instance": "loja-b", "data": {"key": {"id": "X", "remoteJid": "1@lid"}}}
        evolution.bus.emit_envelope(namespace, foreign)
        evolution.deliver("loja-a", [draft("A")])
        await rows.ids({"A"})
        async with httpx.AsyncClient() as client:
            metrics = (await client.get(f"http://127.0.0.1:{listener.port}/metrics")).text
    assert 'evosense_ingestion_rejected_total{reason="instance_mismatch"} 1.0' in metrics


async def test_health_tells_states_and_a_lost_database(
    connect_instance: Connect, listening: Listening, rows: Rows
) -> None:
    await connect_instance()
    async with listening() as listener, httpx.AsyncClient(base_url=f"http://127.0.0.1:{listener.port}") as client:
        await rows.live()
        health = await client.get("/health")
        assert (health.status_code, health.json()["connections"]) == (200, {"live": 1})
        assert (await client.get("/nothing")).status_code == 404


@pytest.fixture
def wire_path() -> Any:
    from pathlib import Path

    return Path(__file__).parents[2] / "fixtures/evolution/wire.json"


async def test_a_server_of_1_8_is_asked_in_its_own_way(
    pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id: UUID, listening: Listening, rows: Rows
) -> None:
    """It answers a bare list and finds nothing by a range in the newer servers' writing."""
    spec = InstanceSpec("loja-a", "token-a")
    async with EvolutionStandIn(StandInConfig(instances=(spec,), version="1.8.2")) as old:
        async with pipeline_pool.connection() as connection:
            keys = await open_keys(connection, master_key, tenant_id)
            await add_connection(
                connection, keys, name="velha", server_url=old.url, instance="loja-a", token="token-a"
            )  # fmt: skip
        async with listening():
            await rows.live()
            old.deliver("loja-a", [draft("A")])
            await rows.ids({"A"})
        old.deliver("loja-a", [draft(f"B{number}") for number in range(700)])
        async with listening():
            await rows.ids({"A", *(f"B{number}" for number in range(700))})
            await rows.live()
    gaps = rows.all("select state, recovered from app.ingestion_gap order by created_at")
    assert gaps == [("repaired", 0), ("repaired", 700)]
