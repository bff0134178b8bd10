"""Search's upkeep and the students as assets: they run on real Postgres and their metadata holds no text."""

import asyncio
import json

import dagster as dg
import pytest

from orchestration.defs.scoring.students import student_models
from orchestration.defs.search.assets import search_vocabulary, vector_tiers
from orchestration.defs.search.sensors import learn_first_words
from tests.integration.search.corpus import Chat

pytestmark = pytest.mark.usefixtures("environment")


async def test_upkeep_of_search_and_students(pipeline_pool, tenant_id, dagster_instance):
    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        chat = await Chat(connection, tenant_id).open()
        for _ in range(25):
            await chat.say("segredo jabuticaba", embed=True, score=(0.5, 80))
    assets = [search_vocabulary, vector_tiers, student_models]
    result = await asyncio.to_thread(dg.materialize, assets, instance=dagster_instance)
    assert result.success
    found = {
        event.asset_key.to_user_string(): event.event_specific_data.materialization.metadata
        for event in result.get_asset_materialization_events()
    }
    assert (found["search_vocabulary"]["tenants"].value, found["search_vocabulary"]["words"].value) == (1, 2)
    assert found["vector_tiers"]["tier_exact"].value == 1
    assert found["vector_tiers"]["largest"].value[0]["vectors"] == 25
    assert found["student_models"]["with_too_few_examples"].value == 1
    shown = json.dumps({key: {name: str(v.value) for name, v in data.items()} for key, data in found.items()})
    assert "jabuticaba" not in shown


async def test_a_company_has_a_vocabulary_on_its_first_day(pipeline_pool, tenant_id, dagster_instance):
    async def asked() -> list[dg.RunRequest]:
        context = dg.build_sensor_context(instance=dagster_instance)
        told = await asyncio.to_thread(lambda: list(learn_first_words(context)))
        return [one for one in told if isinstance(one, dg.RunRequest)]

    async with pipeline_pool.connection() as connection:
        await connection.set_autocommit(True)
        chat = await Chat(connection, tenant_id).open()
        for _ in range(99):
            await chat.say("quero falar do reembolso")
        assert await asked() == []
        await chat.say("quero falar do reembolso")
    (request,) = await asked()
    assert request.run_key == str(tenant_id)
    result = await asyncio.to_thread(
        dg.materialize, [search_vocabulary], instance=dagster_instance, run_config=request.run_config
    )
    assert result.success
    assert await asked() == []
