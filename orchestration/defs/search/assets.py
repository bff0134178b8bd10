"""Upkeep of search. Metadata holds counts, ids and measures: no word that anybody wrote."""

# No `from __future__ import annotations`: Dagster reads the annotation of `config` as a class.
import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import dagster as dg
from pydantic import Field

from evosense.db.database import AsyncPool, open_pool
from evosense.embeddings import spaces
from evosense.search import tiers, vocabulary
from evosense.settings import DatabaseSettings, load

_POOL = "bulk"
_SHOWN = 50


class VocabularyConfig(dg.Config):
    """Whose words to learn."""

    tenant_ids: list[str] = Field(default=[], description="Only these tenants' (ids); all when left out")


@dg.asset(pool=_POOL, group_name="search", kinds={"postgres"})
def search_vocabulary(config: VocabularyConfig) -> dg.MaterializeResult[Any]:
    """The words of each tenant's messages, made anew (app.search_word, search_form): typos are corrected by them."""

    async def learn() -> dict[str, int]:
        async with _pool() as pool:
            tenants = [UUID(one) for one in config.tenant_ids] or await vocabulary.tenants_with_messages(pool)
            words = [await vocabulary.relearn(pool, tenant_id) for tenant_id in tenants]
        return {"tenants": len(words), "words": sum(words)}

    return dg.MaterializeResult(metadata=asyncio.run(learn()))


@dg.asset(pool=_POOL, group_name="search", kinds={"postgres"}, deps=["message_embeddings"])
def vector_tiers() -> dg.MaterializeResult[Any]:
    """How each tenant's vectors are kept and searched (app.vector_tier, tenant.shelf), chosen by what is measured.

    Tenants whose messages all have a vector of the new model change to it; vectors that nobody searches go; large
    tenants get a shelf of their own, and an approximate index where it measures well enough.
    """
    return dg.MaterializeResult(metadata=asyncio.run(_keep()))


async def _keep() -> dict[str, Any]:
    async with _pool() as pool:
        async with pool.connection() as connection:
            changes = await spaces.complete_changes(connection)
        async with pool.connection() as connection:
            forgotten = await spaces.forget_unused(connection)
        moved = await tiers.assign_shelves(pool)
        chosen = await tiers.choose_tiers(pool)
        await tiers.refresh_statistics(pool)
    recalls = [tier.recall for tier in chosen if tier.recall is not None]
    return {
        "tenants": len({tier.shelf.tenant_id for tier in chosen}),
        "vectors": sum(tier.shelf.vectors for tier in chosen),
        "moved_to_own_shelf": len(moved),
        "changed_model": sum(change.is_complete for change in changes),
        "changing_model": sum(not change.is_complete for change in changes),
        "vectors_missing_of_next_model": sum(change.missing for change in changes),
        "vectors_given_up_of_next_model": sum(change.given_up for change in changes),
        "vectors_deleted": forgotten,
        **{f"tier_{name}": count for name, count in Counter(tier.tier for tier in chosen).items()},
        **({"lowest_recall_measured": min(recalls)} if recalls else {}),
        "largest": dg.MetadataValue.json([_shown(tier) for tier in chosen[:_SHOWN]]),
    }


def _shown(tier: tiers.Tier) -> dict[str, Any]:
    shelf = tier.shelf
    return {
        "tenant": str(shelf.tenant_id),
        "shelf": shelf.shelf,
        "vectors": shelf.vectors,
        "tier": tier.tier,
        "width": tier.reach and tier.reach.width,
        "spare": tier.reach and tier.reach.spare,
        "recall": tier.recall,
    }


def _pool() -> AbstractAsyncContextManager[AsyncPool]:
    return open_pool(
        load(DatabaseSettings).require_url(), "evosense_pipeline", max_size=2, application="evosense search"
    )
