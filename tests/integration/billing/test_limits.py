"""Fifty at once for the last places: exactly as many succeed as there are, for each kind of limit."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from evosense.billing.access import load_entitlements
from evosense.billing.limits import LimitReached, count, give_back, reserve, take
from evosense.billing.places import invite_person, readmit_person
from evosense.billing.plans import set_contract_limit
from evosense.db.database import open_pool
from evosense.db.ids import new_id
from evosense.db.tenancy import tenant_transaction
from evosense.exports.models import Wanted
from evosense.exports.repository import request_export
from evosense.tenants.repository import add_user

ATTEMPTS = 50
NOON = datetime(2026, 11, 20, 15, tzinfo=UTC)
DAY = NOON.date()


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


async def add_connection(connection, tenant_id) -> None:
    await connection.execute(
        "insert into app.connection (tenant_id, id, name, server_url, instance) values (%s, %s, %s, 'https://e', %s)",
        (tenant_id, new_id(), new_id().hex, new_id().hex),
    )


async def add_user_row(connection, tenant_id) -> None:
    name = new_id().hex
    await add_user(
        connection, tenant_id=tenant_id, email=f"{name}@x.example", name=name, role="analyst", password_hash="x"
    )


async def add_contact(connection, tenant_id) -> None:
    await connection.execute(
        "insert into app.contact (tenant_id, id, first_seen_at) values (%s, %s, now())", (tenant_id, new_id())
    )


METER_CASES = [
    ("connections", add_connection, 3, "evosense_api"),
    ("users", add_user_row, 10, "evosense_api"),
    ("contacts", add_contact, 4, "evosense_pipeline"),  # by a contract: the plan's ten thousand would take a while
    ("exports", None, 5, "evosense_api"),
    ("campaigns", None, 50, "evosense_api"),
]


@pytest.mark.parametrize(("meter", "add", "limit", "role"), METER_CASES)
async def test_exactly_the_limit_succeeds(database_url, admin, pipeline_pool, meter, add, limit, role):
    if meter == "contacts":
        async with pipeline_pool.connection() as connection:
            await set_contract_limit(connection, admin.tenant_id, meter, limit, "test")
    attempts = ATTEMPTS + (limit if limit == ATTEMPTS else 0)
    async with open_pool(database_url, role, max_size=25) as pool:
        outcomes = await asyncio.gather(*(attempt(pool, admin, meter, add) for _ in range(attempts)))
        assert sum(outcomes) == limit
        async with tenant_transaction(pool, admin) as connection:
            assert await count(connection, admin.tenant_id, meter, now=NOON) == limit


async def export(connection, tenant_id, number) -> None:
    await request_export(connection, tenant_id, Wanted("messages", "csv", DAY, DAY), requested_by="x", now=NOON)


async def invite(connection, tenant_id, number) -> None:
    await invite_person(
        connection, tenant_id, email=f"p{number}@x.example", role="analyst", invited_by="x", now=datetime.now(UTC)
    )


async def let_in_again(connection, tenant_id, number) -> None:
    await readmit_person(connection, tenant_id, LEFT[number])


# People who worked here once.
LEFT = [new_id() for _ in range(ATTEMPTS)]


@pytest.mark.parametrize(
    ("meter", "act", "limit"), [("exports", export, 5), ("users", invite, 10), ("users", let_in_again, 10)]
)
async def test_exactly_the_limit_succeeds_at_the_place_of_use(database_url, admin, admin_connection, meter, act, limit):
    if act is let_in_again:
        for user_id in LEFT:
            admin_connection.execute(
                "insert into app.app_user (tenant_id, user_id, email, name, role, password_hash, disabled_at) "
                "values (%s, %s, %s, 'P', 'analyst', 'x', now())",
                (admin.tenant_id, user_id, f"{user_id}@x.example"),
            )

    async def once(pool, number: int) -> bool:
        try:
            async with tenant_transaction(pool, admin) as connection:
                await act(connection, admin.tenant_id, number)
        except LimitReached:
            return False
        return True

    async with open_pool(database_url, "evosense_api", max_size=25) as pool:
        outcomes = await asyncio.gather(*(once(pool, number) for number in range(ATTEMPTS)))
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
