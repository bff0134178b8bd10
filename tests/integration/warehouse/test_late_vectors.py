"""Vectors of days that are over for long, as a new embedding model brings them, while builds come and go."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import numpy as np

from evosense.db.database import open_pool
from evosense.db.tenancy import Actor, tenant_transaction
from evosense.embeddings.repository import TextToEmbed, store_vectors
from evosense.metrics.coverage import coverage
from evosense.metrics.stitch import find_seam
from orchestration.warehouse.build import prepared
from orchestration.warehouse.invoke import run_dbt
from orchestration.warehouse.profile import dbt_environment
from tests.integration.warehouse.conftest import Warehouse

_OLD = """
select m.local_day, (array_agg(m.message_id))[1:3]
from app.message_fact as m
where m.tenant_id = %s and m.has_text and m.speaker is not null and m.local_day < current_date - 10
group by m.local_day having count(*) >= 3 order by m.local_day limit 1
"""


async def embed(warehouse: Warehouse, tenant_id: UUID, day: date, message_id: UUID) -> None:
    vectors = np.full((1, 768), 0.1, dtype=np.float32)
    async with open_pool(warehouse.url, "evosense_pipeline", max_size=1) as pool, pool.connection() as connection:
        await store_vectors(connection, [TextToEmbed(tenant_id, message_id, "oi", day)], vectors, "c1:late")


async def embedded(warehouse: Warehouse, tenant_id: UUID, day: date) -> int:
    async with (
        open_pool(warehouse.url, "evosense_api", max_size=1) as pool,
        tenant_transaction(pool, Actor(tenant_id, None, "analyst")) as connection,
    ):
        return (await coverage(connection, await find_seam(connection, tenant_id, day, day)))[day].embedded


async def test_what_comes_while_a_build_runs_is_left_to_the_next(warehouse: Warehouse) -> None:
    tenant_id = warehouse.world.tenants[0].id
    with warehouse.admin() as connection:
        row = connection.execute(_OLD, [tenant_id]).fetchone()
    assert row is not None
    day, (before, meanwhile, at_last) = row
    await embed(warehouse, tenant_id, day, before)
    with prepared(warehouse.url) as build:
        run_dbt(build.arguments, dbt_environment(warehouse.url, warehouse.data_dir))
        await embed(warehouse, tenant_id, day, meanwhile)
    assert await embedded(warehouse, tenant_id, day) == 2
    with prepared(warehouse.url) as build:
        run_dbt(build.arguments, dbt_environment(warehouse.url, warehouse.data_dir))
    with prepared(warehouse.url) as build:
        assert build.is_empty
        await embed(warehouse, tenant_id, day, at_last)
    assert await embedded(warehouse, tenant_id, day) == 3
    warehouse.build()
    assert await embedded(warehouse, tenant_id, day) == 3
    with warehouse.admin() as connection:
        assert connection.execute("select count(*) from app.stale_day").fetchone() == (0,)
