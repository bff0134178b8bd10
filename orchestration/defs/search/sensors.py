"""A company's first day: its mistyped searches are corrected before the first night has come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import UUID

import dagster as dg

from evosense.db.database import connect
from evosense.search.vocabulary import tenants_without_words
from evosense.settings import DatabaseSettings, load
from orchestration.defs.search.assets import VocabularyConfig, search_vocabulary

first_words_job = dg.define_asset_job(
    "first_search_words",
    selection=dg.AssetSelection.assets(search_vocabulary),
    executor_def=dg.in_process_executor,
)


@dg.sensor(job=first_words_job, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def learn_first_words() -> Iterator[dg.RunRequest | dg.SkipReason]:
    """One run for each company that has texts and no vocabulary, once ever: after it the nights see to it."""
    waiting = asyncio.run(_waiting())
    for tenant_id in waiting:
        config = VocabularyConfig(tenant_ids=[str(tenant_id)])
        yield dg.RunRequest(run_key=str(tenant_id), run_config=dg.RunConfig(ops={"search_vocabulary": config}))
    if not waiting:
        yield dg.SkipReason("every company with enough texts has a vocabulary")


async def _waiting() -> list[UUID]:
    async with await connect(load(DatabaseSettings).require_direct_url(), "evosense_pipeline") as connection:
        return await tenants_without_words(connection)
