"""Connections and people are added within the plan, prices reach Stripe."""

import asyncio
from dataclasses import replace

import pytest

from evosense.billing.limits import LimitReached
from evosense.billing.places import add_connection, add_person, resume_connection
from evosense.billing.plans import load_catalogue
from evosense.billing.price_list import publish_prices
from evosense.connections.repository import remove_connection, set_active
from evosense.db.database import open_pool
from evosense.errors import NotFound
from evosense.tenants.repository import open_keys
from evosense.testing.stripe.ledger import PLANS


@pytest.fixture
async def keys(pipeline_pool, master_key, tenant_id):
    async with pipeline_pool.connection() as connection:
        return await open_keys(connection, master_key, tenant_id)


async def connect(pool, keys, number: int):
    async with pool.connection() as connection, connection.transaction():
        return await add_connection(
            connection, keys, name=f"n{number}", server_url="https://evo.example", instance=f"i{number}", token="t"
        )


async def test_fifty_at_once_for_three_connections(database_url, keys, tenant_id):
    async with open_pool(database_url, "evosense_pipeline", max_size=20) as pool:
        answers = await asyncio.gather(*(connect(pool, keys, number) for number in range(50)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, LimitReached)]
    assert len(refused) == 47
    assert refused[0].limit == 3


async def test_who_is_paused_or_removed_makes_room_and_comes_back_only_into_room(pipeline_pool, keys, tenant_id):
    first, second, _ = [await connect(pipeline_pool, keys, number) for number in range(3)]
    async with pipeline_pool.connection() as connection:
        await resume_connection(connection, tenant_id, first)  # it listens: nothing is taken
        await set_active(connection, tenant_id, first, is_active=False)
    await connect(pipeline_pool, keys, 3)
    async with pipeline_pool.connection() as connection:
        with pytest.raises(LimitReached):
            await resume_connection(connection, tenant_id, first)
        await remove_connection(connection, tenant_id, second)
        await resume_connection(connection, tenant_id, first)
        with pytest.raises(NotFound):
            await resume_connection(connection, tenant_id, second)


async def test_people(pipeline_pool, tenant_id):
    async def add(number: int):
        async with pipeline_pool.connection() as connection, connection.transaction():
            return await add_person(
                connection,
                tenant_id=tenant_id,
                email=f"p{number}@x.example",
                name="P",
                role="analyst",
                password_hash="x",
            )

    answers = await asyncio.gather(*(add(number) for number in range(15)), return_exceptions=True)
    assert sum(isinstance(answer, LimitReached) for answer in answers) == 5


async def test_the_price_list_reaches_stripe_once(pipeline_pool, payments, stripe):
    for price in stripe.ledger.all("price"):
        price["lookup_key"] = None
    async with pipeline_pool.connection() as connection:
        catalogue = await load_catalogue(connection)
    assert set(await publish_prices(payments, catalogue)) == set(PLANS)
    assert await publish_prices(payments, catalogue) == []
    before = {price.lookup_key: price for price in await payments.prices(list(PLANS))}
    assert {name: price.amount_cents for name, price in before.items()} == PLANS
    catalogue.plans["pro"] = replace(catalogue.plans["pro"], price_cents=59_900)
    assert await publish_prices(payments, catalogue) == ["evosense_pro_month_brl"]
    [raised] = await payments.prices(["evosense_pro_month_brl"])
    assert raised.amount_cents == 59_900
    assert raised.price_id != before["evosense_pro_month_brl"].price_id
