"""Thirty days after the end nothing of a company is left but its bills and the audit of acts; others lose nothing."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from evosense.billing import purge
from evosense.billing.purge import KEPT, purge_due
from evosense.billing.repository import open_account
from evosense.db.ids import new_id
from evosense.tenants.repository import add_user
from tests.integration.search.corpus import Chat

NOW = datetime.now(UTC)
_TABLES = """
select n.nspname, c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
inner join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
where n.nspname in ('app', 'raw') and c.relkind in ('r', 'p') and not c.relispartition
"""


def counts(connection: psycopg.Connection, tenant_id) -> dict[str, int]:
    found = {}
    for space, name in connection.execute(_TABLES).fetchall():
        query = f"select count(*) from {space}.{name} where tenant_id = %s"
        found[name] = connection.execute(query.encode(), (tenant_id,)).fetchone()[0]
    return {name: number for name, number in found.items() if number}


@pytest.fixture
async def company(pipeline_pool, tenant_id, other_tenant_id):
    """Two companies with people, connections, messages, scores and embeddings; the first ended a month ago."""
    async with pipeline_pool.connection() as connection:
        for tenant in (tenant_id, other_tenant_id):
            await open_account(connection, tenant, livemode=False)
            chat = await Chat(connection, tenant).open()
            for number in range(7):
                await chat.say(f"mensagem {number}", score=(0.5, 80), embed=True)
            await add_user(
                connection, tenant_id=tenant, email=f"{new_id()}@x.example", name="P", role="admin", password_hash="x"
            )
        await connection.execute(
            "update app.payment_account set purge_after = %s where tenant_id = %s",
            (NOW - timedelta(hours=1), tenant_id),
        )
        await connection.execute("update app.tenant set status = 'canceled' where tenant_id = %s", (tenant_id,))
    return tenant_id


async def test_everything_goes_but_what_is_kept(pipeline_pool, admin_connection, company, other_tenant_id, monkeypatch):
    monkeypatch.setattr(purge, "_BATCH", 3)
    before, others = counts(admin_connection, company), counts(admin_connection, other_tenant_id)
    assert {"message", "message_body", "message_score", "message_embedding", "app_user", "tenant_key"} <= set(before)
    assert await purge_due(pipeline_pool, NOW) == [company]
    assert set(counts(admin_connection, company)) <= KEPT
    assert counts(admin_connection, other_tenant_id) == others
    assert admin_connection.execute("select action from app.audit_log").fetchall() == [("purged",)]
    assert await purge_due(pipeline_pool, NOW) == []


@pytest.mark.parametrize(
    "change",
    [
        "update app.tenant set legal_hold = true",
        "update app.tenant set status = 'active'",
        "update app.payment_account set purge_after = now() + interval '1 minute'",
        "update app.payment_account set purge_after = null",
        "update app.payment_account set managed_by = 'contract'",
        "insert into app.billing_drift (tenant_id, drift_id, kind, ref) "
        "select tenant_id, tenant_id, 'not_readable', 'cus_1' from app.tenant",
    ],
)
async def test_who_is_not_surely_due_keeps_everything(pipeline_pool, admin_connection, company, change):
    admin_connection.execute(change.encode())
    before = counts(admin_connection, company)
    assert await purge_due(pipeline_pool, NOW) == []
    assert counts(admin_connection, company) == before


async def test_who_comes_back_meanwhile_keeps_the_rest(pipeline_pool, admin_connection, company, monkeypatch):
    emptied = []

    async def empty(pool, table, tenant_id) -> None:
        emptied.append(table)
        if len(emptied) == 3:
            admin_connection.execute("update app.tenant set status = 'active'")

    monkeypatch.setattr(purge, "_empty", empty)
    assert await purge_due(pipeline_pool, NOW) == []
    assert len(emptied) == 3


def test_the_worker_may_delete_from_every_table_of_tenants(schema_url):
    with psycopg.connect(schema_url) as connection:
        connection.execute("set local role evosense_pipeline")
        closed = [
            name
            for space, name in connection.execute(_TABLES).fetchall()
            if name not in KEPT
            and not connection.execute("select has_table_privilege(%s, 'delete')", (f"{space}.{name}",)).fetchone()[0]
        ]
    assert closed == [], "grant delete to evosense_pipeline in the table's migration"
