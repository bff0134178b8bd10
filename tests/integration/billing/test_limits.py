"""Fifty at once for the last places: exactly as many succeed as there are, for each kind of limit."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from evosense.billing.access import load_entitlements
from evosense.billing.limits import LimitReached, count, give_back, reserve, take
from evosense.db.database import open_pool
from evosense.db.ids import new_id
from evosense.db.tenancy import tenant_transaction
from evosense.tenants.repository import add_user

ATTEMPTS = 50
NOON = datetime(2026, 11, 20, 15, tzinfo=UTC)


async def add_connection(connection, tenant_id) -> None:
    await connection.execute(
        "insert into app.connection (tenant_id, id, name, server_url, instance) values (%s, %s, %s, 'https://e', %s)",
        (tenant_id, new_id(), new_id().hex, new_id().hex),
    )


async def add_person(connection, tenant_id) -> None:
    name = new_id().hex
    await add_user(
        connection, tenant_id=tenant_id, email=f"{name}@x.example", name=name, role="analyst", password_hash="x"
    )


async def attempt(pool, admin, meter, add) -> bool:
    try:
        async with tenant_transaction(pool, admin) as connection:
            allowed = await load_entitlements(connection, admin.tenant_id)
            if add is None:
                await take(connection, admin.tenant_id, meter, allowed, now=NOON)
            else:
                await reserve(connection, admin.tenant_id, meter, allowed)
                await add(connection, admin.tenant_id)
    except LimitReached:
        return False
    return True


@pytest.mark.parametrize(
    ("meter", "add", "limit"),
    [("connections", add_connection, 3), ("users", add_person, 10), ("exports", None, 5), ("campaigns", None, 50)],
)
async def test_exactly_the_limit_succeeds(database_url, admin, meter, add, limit):
    attempts = ATTEMPTS + (limit if limit == ATTEMPTS else 0)
    async with open_pool(database_url, "evosense_api", max_size=25) as pool:
        outcomes = await asyncio.gather(*(attempt(pool, admin, meter, add) for _ in range(attempts)))
        assert sum(outcomes) == limit
        async with tenant_transaction(pool, admin) as connection:
            assert await count(connection, admin.tenant_id, meter, now=NOON) == limit


async def test_an_attempt_that_fails_afterwards_frees_its_place(api_pool, admin):
    with suppress(ZeroDivisionError):
        async with tenant_transaction(api_pool, admin) as connection:
            allowed = await load_entitlements(connection, admin.tenant_id)
            await take(connection, admin.tenant_id, "exports", allowed, amount=5, now=NOON)
            raise ZeroDivisionError
    assert await attempt(api_pool, admin, "exports", None)


async def test_what_is_given_back_can_be_taken_again(api_pool, admin):
    async with tenant_transaction(api_pool, admin) as connection:
        allowed = await load_entitlements(connection, admin.tenant_id)
        period = await take(connection, admin.tenant_id, "exports", allowed, amount=5, now=NOON)
        with pytest.raises(LimitReached, match="5 exports a day and 5"):
            await take(connection, admin.tenant_id, "exports", allowed, now=NOON)
        await give_back(connection, admin.tenant_id, "exports", period, amount=2)
        await take(connection, admin.tenant_id, "exports", allowed, amount=2, now=NOON)


async def test_a_day_is_the_tenants_own(api_pool, admin):
    async with tenant_transaction(api_pool, admin) as connection:
        allowed = await load_entitlements(connection, admin.tenant_id)
        before = await take(
            connection, admin.tenant_id, "exports", allowed, amount=5, now=datetime(2026, 11, 21, 2, 59, tzinfo=UTC)
        )
        after = await take(
            connection, admin.tenant_id, "exports", allowed, amount=5, now=datetime(2026, 11, 21, 3, tzinfo=UTC)
        )
    assert (before.day, after.day) == (20, 21)


async def test_more_than_the_limit_at_once_is_refused_when_nothing_was_used(api_pool, admin):
    async with tenant_transaction(api_pool, admin) as connection:
        allowed = await load_entitlements(connection, admin.tenant_id)
        with pytest.raises(LimitReached):
            await take(connection, admin.tenant_id, "exports", allowed, amount=6)


async def test_a_contract_goes_before_the_plan(api_pool, pipeline_pool, admin):
    async with pipeline_pool.connection() as connection:
        await connection.execute(
            "insert into app.tenant_limit (tenant_id, meter, value, reason) values (%s, 'connections', 1, 'contract'), "
            "(%s, 'users', null, 'contract')",
            (admin.tenant_id, admin.tenant_id),
        )
    async with tenant_transaction(api_pool, admin) as connection:
        allowed = await load_entitlements(connection, admin.tenant_id)
        await reserve(connection, admin.tenant_id, "users", allowed, amount=10_000)
        await add_connection(connection, admin.tenant_id)
        with pytest.raises(LimitReached) as refusal:
            await reserve(connection, admin.tenant_id, "connections", allowed)
    assert (refusal.value.status, refusal.value.code) == (402, "limit_reached")


async def test_a_switched_off_connection_takes_no_place(api_pool, admin):
    async with tenant_transaction(api_pool, admin) as connection:
        for _ in range(3):
            await add_connection(connection, admin.tenant_id)
        await connection.execute("update app.connection set is_active = false where tenant_id = %s", (admin.tenant_id,))
        await reserve(connection, admin.tenant_id, "connections", await load_entitlements(connection, admin.tenant_id))
