"""Students in the database: what they learn from, and their weights."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.ai.student.model import StudentModel
from evosense.ai.student.train import Example, Quality, train
from evosense.ai.tasks import register_model
from evosense.db.named_queries import load

_QUERIES = load("evosense.ai.student")


async def tenants_to_teach(connection: AsyncConnection[Any]) -> list[UUID]:
    """Tenants with scored messages."""
    return [row[0] for row in await (await connection.execute(_QUERIES["tenants"])).fetchall()]


async def read_examples(connection: AsyncConnection[Any], tenant_id: UUID) -> list[Example]:
    """What a tenant's champion and people said of its newest 20,000 messages."""
    async with connection.cursor(row_factory=class_row(Example)) as cursor:
        await cursor.execute(_QUERIES["examples"], {"tenant_id": tenant_id})
        return await cursor.fetchall()


async def teach(connection: AsyncConnection[Any], tenant_id: UUID) -> Quality | None:
    """Train a tenant's student anew and keep it, named in model_config; None when there is too little to learn from."""
    trained = train(await read_examples(connection, tenant_id))
    if trained is None:
        return None
    model, quality = trained
    await register_model(connection, model.config, tenant_id)
    values = {
        "tenant_id": tenant_id,
        "config_hash": model.config.config_hash,
        "weights": model.to_bytes(),
        "quality": orjson.dumps(asdict(quality)).decode(),
    }
    await connection.execute(_QUERIES["keep"], values)
    return quality


async def read_student(connection: AsyncConnection[Any], tenant_id: UUID) -> StudentModel | None:
    """A tenant's student, None before its first training."""
    row = await (await connection.execute(_QUERIES["read"], {"tenant_id": tenant_id})).fetchone()
    return StudentModel.from_bytes(row[0]) if row else None
