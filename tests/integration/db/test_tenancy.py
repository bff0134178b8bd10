"""A tenant's transaction shows that tenant's rows and no others."""

import psycopg
import pytest

from evosense.db.tenancy import Actor, tenant_transaction


async def names(connection) -> list[str]:
    return [row[0] for row in await (await connection.execute("select name from app.tenant")).fetchall()]


async def test_only_the_actors_tenant_exists(api_pool, tenant_id, other_tenant_id):
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "admin")) as connection:
        assert await names(connection) == ["Loja Aurora"]
    async with tenant_transaction(api_pool, Actor(other_tenant_id, None, "admin")) as connection:
        assert await names(connection) == ["Clínica Sorriso"]


async def test_without_a_tenant_there_is_nothing(api_pool, tenant_id):
    async with tenant_transaction(api_pool, Actor(tenant_id, None, "admin")) as connection:
        await names(connection)
    async with api_pool.connection() as connection:  # the same connection, back from the pool
        assert await names(connection) == []


async def test_writing_for_another_tenant_is_refused(api_pool, tenant_id, other_tenant_id):
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        async with tenant_transaction(api_pool, Actor(tenant_id, None, "admin")) as connection:
            await connection.execute(
                "insert into app.audit_log (tenant_id, id, actor, action, target) values (%s, %s, 'a', 'b', 'c')",
                (other_tenant_id, other_tenant_id),
            )
