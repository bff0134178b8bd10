"""What happens to connections while somebody listens: shared instances, new keys, removal in a history, lost keys."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from evosense.connections.repository import remove_connection
from evosense.connections.states import explain_state
from evosense.db.database import AsyncPool
from evosense.tenants.keys import MasterKey
from evosense.tenants.repository import open_keys
from evosense.tenants.rotate import add_key_version
from evosense.testing.evolution.server import EvolutionStandIn
from ingestion.listener import Listener
from tests.integration.ingestion.conftest import Rows, draft

Connect = Callable[..., Any]
Listening = Callable[[], AbstractAsyncContextManager[Listener]]


async def test_an_instance_of_two_companies_is_heard_for_both(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows, other_tenant_id: UUID
) -> None:
    await connect_instance()
    await connect_instance(tenant=other_tenant_id)
    async with listening():
        await rows.live(2)
        evolution.deliver("loja-a", [draft("A")])
        await rows.until("select count(distinct tenant_id) from app.message", lambda found: found == [(2,)])
    assert rows.all("select external_id, count(*) from app.message group by 1") == [("A", 2)]


async def test_keys_are_rotated_while_somebody_listens(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows,
    pipeline_pool: AsyncPool, master_key: MasterKey, tenant_id: UUID,
) -> None:  # fmt: skip
    await connect_instance()
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("BEFORE", "cpf 529.982.247-25")])
        await rows.ids({"BEFORE"})
        async with pipeline_pool.connection() as connection:
            for purpose in ("data", "identity"):
                await add_key_version(connection, master_key, tenant_id, purpose)
        evolution.deliver("loja-a", [draft("AFTER", "cpf 529.982.247-25")])
        await rows.ids({"BEFORE", "AFTER"})
        await rows.live()
    async with listening():
        await rows.live()
        evolution.deliver("loja-a", [draft("LATER", "cpf 529.982.247-25")])
        await rows.ids({"BEFORE", "AFTER", "LATER"})
    async with pipeline_pool.connection() as connection:
        keys = await open_keys(connection, master_key, tenant_id)
    for message_id, original in rows.all("select message_id, original_enc from app.message_body"):
        assert keys.decrypt("message_body", message_id, bytes(original)) == b"cpf 529.982.247-25"
    assert rows.all("select count(distinct text), (select count(*) from app.contact) from app.message_body") == [(1, 1)]


async def test_a_connection_that_is_removed_in_the_middle_of_a_history(
    evolution: EvolutionStandIn, connect_instance: Connect, listening: Listening, rows: Rows,
    pipeline_pool: AsyncPool, tenant_id: UUID,
) -> None:  # fmt: skip
    removed = await connect_instance()
    await connect_instance("loja-b", "token-b")
    async with listening() as listener:
        await rows.live(2)
        for start in range(0, 5_000, 500):
            evolution.deliver("loja-a", [draft(f"H{start + number}") for number in range(500)])
        async with pipeline_pool.connection() as connection:
            await remove_connection(connection, tenant_id, removed)
        await rows.until("select connection_id from app.connection_lease", lambda leases: len(leases) == 1)
        taken = rows.all("select count(*) from app.message")
        evolution.deliver("loja-b", [draft("HERE")])
        await rows.until("select 1 from app.message where external_id = 'HERE'", lambda found: len(found) == 1)
        assert rows.all("select count(*) - 1 from app.message") == taken
        assert listener.report()[0]
    assert rows.all("select state, state_reason from app.connection where not is_active") == [("stopped", "removed")]


async def test_a_company_whose_keys_are_gone_is_told_so_and_costs_no_other_one(
    evolution: EvolutionStandIn,
    connect_instance: Connect,
    listening: Listening,
    rows: Rows,
    pipeline_pool: AsyncPool,
    tenant_id: UUID,
    other_tenant_id: UUID,
) -> None:
    lost = await connect_instance()
    async with listening() as listener:
        await rows.live()
        async with pipeline_pool.connection() as connection:
            kept = await (
                await connection.execute("delete from app.tenant_key where tenant_id = %s returning *", [tenant_id])
            ).fetchall()
            await connection.execute("select pg_notify('evosense_connection', %s)", [str(tenant_id)])
        await rows.until(
            "select state, state_reason from app.connection", lambda found: found == [("offline", "not_opened")]
        )
        await connect_instance("loja-b", "token-b", tenant=other_tenant_id)
        await rows.live()
        evolution.deliver("loja-b", [draft("HERE")])
        await rows.ids({"HERE"})
        assert listener.report()[0]
        async with pipeline_pool.connection() as connection:
            marks = ", ".join(["%s"] * len(kept[0]))
            for key in kept:
                await connection.execute(f"insert into app.tenant_key values ({marks})", key)
            await connection.execute("select pg_notify('evosense_connection', %s)", [str(tenant_id)])
        await rows.live(2)
    assert "SECRET_KEY" in explain_state("offline", "not_opened")
    assert rows.all("select state_reason from app.connection where id = %s", lost) == [("listener_stopped",)]
