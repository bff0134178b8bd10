"""Freezing what a message's scorers are asked: its revision and the messages before it, as of the first claim.

The hash is over ids and revisions, independent of any prompt, so that replays and shadows ask the same
question; only an edit of the message itself makes a new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import set_json_loads

from evosense.ai.protocols import Turn
from evosense.db.arrays import array
from evosense.db.named_queries import load
from evosense.scoring.models import Input

_QUERIES = load("evosense.scoring", "inputs.sql")
CONTEXT_MESSAGES = 6


@dataclass(frozen=True, slots=True)
class _Row:
    tenant_id: UUID
    message_id: UUID
    text: str
    revision: int
    chat_identity_id: UUID
    chat_id: UUID
    local_day: date
    input_hash: bytes | None
    turns: list[dict[str, Any]]


class AboutMessage(Protocol):
    """Whatever names a message: a task, a row of a dataset."""

    @property
    def tenant_id(self) -> UUID:
        """Whose message."""
        ...

    @property
    def message_id(self) -> UUID:
        """Which one."""
        ...


async def read_inputs(
    connection: AsyncConnection[Any], tasks: Sequence[AboutMessage]
) -> dict[tuple[UUID, UUID], Input]:
    """The input of each task's message, by (tenant, message); a message without text any more is missing.

    Inputs that were not frozen yet are frozen here; commit before asking a model.
    """
    params = {
        "tenant_ids": array(UUID, [task.tenant_id for task in tasks]),
        "message_ids": array(UUID, [task.message_id for task in tasks]),
        "context_limit": CONTEXT_MESSAGES,
    }
    async with connection.cursor(row_factory=class_row(_Row)) as cursor:
        set_json_loads(orjson.loads, cursor)  # six messages of context a message: json takes ten times as long
        await cursor.execute(_QUERIES["read_inputs"], params)
        rows = await cursor.fetchall()
    hashes = {(row.tenant_id, row.message_id): row.input_hash or input_hash(row) for row in rows}
    await _freeze(connection, [row for row in rows if row.input_hash is None], hashes)
    return {
        (row.tenant_id, row.message_id): Input(
            tenant_id=row.tenant_id,
            message_id=row.message_id,
            input_hash=hashes[row.tenant_id, row.message_id],
            text=row.text,
            context=tuple(Turn(turn["direction"], turn["text"]) for turn in row.turns),
            chat_identity_id=row.chat_identity_id,
            chat_id=row.chat_id,
            local_day=row.local_day,
        )
        for row in rows
    }


def input_hash(row: _Row) -> bytes:
    """SHA-256 over the RFC 8785 bytes of message, revision and context (ids and revisions, no text)."""
    context = [[str(turn["id"]), turn["revision"]] for turn in row.turns]
    question = {"message": str(row.message_id), "revision": row.revision, "context": context}
    # Of ASCII strings and small integers alone, sorted compact JSON is what RFC 8785 says, at a tenth of the cost.
    return hashlib.sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).digest()


async def _freeze(
    connection: AsyncConnection[Any], rows: Sequence[_Row], hashes: dict[tuple[UUID, UUID], bytes]
) -> None:
    if not rows:
        return
    await connection.execute(
        _QUERIES["freeze"],
        {
            "tenant_ids": array(UUID, [row.tenant_id for row in rows]),
            "message_ids": array(UUID, [row.message_id for row in rows]),
            "input_hashes": array(bytes, [hashes[row.tenant_id, row.message_id] for row in rows]),
            "revisions": array(int, [row.revision for row in rows]),
            "contexts": array(str, [",".join(str(turn["id"]) for turn in row.turns) for row in rows]),
        },
    )
