"""A tenant's transaction shows that tenant's rows and no others."""

import asyncio

import psycopg
import pytest
from psycopg.rows import tuple_row

from evosense.db.tenancy import Actor, tenant_read, tenant_transaction


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


NAMES = "select name from app.tenant where %(n)s = 1"


@pytest.mark.parametrize("planned_once", [False, True])
async def test_reading_in_one_round_trip_shows_the_actors_tenant(api_pool, tenant_id, other_tenant_id, planned_once):
    async def read(tenant) -> list[str]:
        actor = Actor(tenant, None, "admin")
        rows = await tenant_read(api_pool, actor, NAMES, {"n": 1}, tuple_row, planned_once=planned_once)
        return [row[0] for row in rows]

    for _ in range(8):  # past the point where Postgres would settle on a plan
        assert await read(tenant_id) == ["Loja Aurora"]
        assert await read(other_tenant_id) == ["Clínica Sorriso"]
    mixed = await asyncio.gather(*(read(tenant) for tenant in [tenant_id, other_tenant_id] * 30))
    assert mixed == [["Loja Aurora"], ["Clínica Sorriso"]] * 30
    async with api_pool.connection() as connection:
        assert await names(connection) == []
        row = await (await connection.execute("select current_setting('plan_cache_mode')")).fetchone()
        assert row == ("auto",)


async def test_a_reading_that_fails_or_is_broken_off_leaves_nothing_behind(api_pool, tenant_id):
    actor = Actor(tenant_id, None, "admin")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await tenant_read(api_pool, actor, "select 1 / %(n)s", {"n": 0}, tuple_row)
    for _ in range(6):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(tenant_read(api_pool, actor, "select pg_sleep(%(n)s)", {"n": 5}, tuple_row), 0.2)
    async with api_pool.connection() as connection:
        assert not connection.autocommit
        assert await names(connection) == []
    assert await tenant_read(api_pool, actor, NAMES, {"n": 1}, tuple_row) == [("Loja Aurora",)]


async def test_a_reading_can_not_write_for_another_tenant(api_pool, tenant_id, other_tenant_id):
    statement = (
        "insert into app.audit_log (tenant_id, id, actor, action, target) "
        "values (%(other)s, %(other)s, 'a', 'b', 'c') returning 1"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        await tenant_read(api_pool, Actor(tenant_id, None, "admin"), statement, {"other": other_tenant_id}, tuple_row)
