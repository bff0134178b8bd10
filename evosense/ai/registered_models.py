"""Which models stand behind the hashes that figures carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.named_queries import load

_QUERIES = load("evosense.ai", "registered_models.sql")


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model by name: who runs it and what it is called."""

    config_hash: str
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """What it takes to build a model again."""

    provider: str
    model: str
    params: dict[str, Any]


async def recipe_of(connection: AsyncConnection[Any], tenant_id: UUID, config_hash: str | None) -> Recipe | None:
    """The recipe behind a config hash, as far as the tenant may see it."""
    if config_hash is None:
        return None
    async with connection.cursor(row_factory=class_row(Recipe)) as cursor:
        await cursor.execute(_QUERIES["recipe"], {"tenant_id": tenant_id, "config_hash": config_hash})
        return await cursor.fetchone()


async def by_hashes(
    connection: AsyncConnection[Any], tenant_id: UUID, config_hashes: Sequence[str]
) -> list[RegisteredModel]:
    """The models of these config hashes, as far as the tenant may see them."""
    if not config_hashes:
        return []
    params = {"tenant_id": tenant_id, "config_hashes": list(config_hashes)}
    async with connection.cursor(row_factory=class_row(RegisteredModel)) as cursor:
        await cursor.execute(_QUERIES["by_hashes"], params)
        return await cursor.fetchall()
