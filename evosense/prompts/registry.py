"""Prompt versions and channels in the database. Registering ships nothing: only a channel's move does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection

from evosense.ai.protocols import PromptMessage
from evosense.db.database import connect
from evosense.db.ids import EVERYONE, new_id
from evosense.db.named_queries import load
from evosense.errors import InvalidInput
from evosense.prompts.default import DEFAULT_PROMPT
from evosense.prompts.models import CHAMPION, SCORING_PROMPT, PromptText

_QUERIES = load("evosense.prompts")
_BUILT_IN = "evosense"


async def register(
    connection: AsyncConnection[Any],
    prompt: PromptText,
    *,
    tenant_id: UUID,
    name: str,
    author: str,
    parent_hash: str | None = None,
) -> str:
    """Store a version unless the tenant has one of the same content; answers its hash.

    Raises:
        InvalidInput: the parent is no version that the tenant may use.
    """
    if parent_hash is not None:
        parent = {"tenant_id": tenant_id, "prompt_hash": parent_hash}
        if await (await connection.execute(_QUERIES["find_version"], parent)).fetchone() is None:
            message = (
                f"there is no version {parent_hash} that this one could be made from; give the parent's whole hash"
            )
            raise InvalidInput(message)
    await connection.execute(
        _QUERIES["register"],
        {
            "tenant_id": tenant_id,
            "prompt_hash": prompt.prompt_hash,
            "name": name,
            "canonical": prompt.canonical,
            "template": orjson.dumps(prompt.template).decode(),
            "output_schema": orjson.dumps(dict(prompt.output_schema)).decode(),
            "parent_hash": parent_hash,
            "author": author,
        },
    )
    return prompt.prompt_hash


async def ensure_default(connection: AsyncConnection[Any]) -> str:
    """Register the built-in scoring prompt for everybody, and make it champion where there is none yet.

    Safe to run at every start: a champion that an operator chose stays. Answers the built-in prompt's hash.
    """
    prompt_hash = await register(connection, DEFAULT_PROMPT, tenant_id=EVERYONE, name=SCORING_PROMPT, author=_BUILT_IN)
    channel = {"tenant_id": EVERYONE, "name": SCORING_PROMPT, "channel": CHAMPION}
    opened = await connection.execute(_QUERIES["open_channel"], {**channel, "prompt_hash": prompt_hash})
    if await opened.fetchone():
        move = {"id": new_id(), "from_hash": None, "to_hash": prompt_hash, "actor": _BUILT_IN, "reason": "built in"}
        await connection.execute(_QUERIES["record_move"], {**channel, **move})
    return prompt_hash


async def seed_default(url: str) -> None:
    """`ensure_default` on the database at `url` as it is brought up to date: prompts are there from the start."""
    async with await connect(url, "evosense_pipeline") as connection, connection.transaction():
        await ensure_default(connection)


async def champions(
    connection: AsyncConnection[Any], tenant_ids: Iterable[UUID], name: str = SCORING_PROMPT
) -> dict[UUID, str]:
    """The champion's hash of each tenant; a tenant without any (nothing was ever seeded) is missing."""
    params = {"tenant_ids": sorted(set(tenant_ids)), "name": name, "channel": CHAMPION}
    rows = await (await connection.execute(_QUERIES["champions"], params)).fetchall()
    return {row[0]: str(row[1]) for row in rows if row[1] is not None}


async def read_versions(
    connection: AsyncConnection[Any], wanted: Iterable[tuple[UUID, str]]
) -> dict[tuple[UUID, str], PromptText]:
    """Versions by (tenant, hash); an unknown one is missing."""
    pairs = sorted(set(wanted))
    params = {"tenant_ids": [pair[0] for pair in pairs], "prompt_hashes": [pair[1] for pair in pairs]}
    rows = await (await connection.execute(_QUERIES["versions"], params)).fetchall()
    return {(row[0], str(row[1])): _prompt_text(row[2], row[3]) for row in rows}


def _prompt_text(template: dict[str, Any], output_schema: dict[str, Any]) -> PromptText:
    messages = tuple(PromptMessage(m["role"], m["content"]) for m in template["messages"])
    return PromptText(messages, output_schema, tuple(template["few_shots"]), template.get("variables", {}))
