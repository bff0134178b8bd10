"""Freezing what a message's scorers are asked: its revision and the messages before it, as of the first claim.

The hash is over ids and revisions, independent of any prompt, so that replays and shadows ask the same
question. A new one is made by an edit of the message itself, and by rules that cut something else from what is sent
(evosense.prompts.instructions): an answer to other words is not an answer. A text that is sent as it stands, or cut as
before, keeps its hash and its answers. The oldest input of a revision is what the later ones are told apart from, so
that going back to earlier rules finds their answers again.
"""

from __future__ import annotations

import asyncio
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
from evosense.prompts.instructions import rules
from evosense.prompts.render import as_sent
from evosense.scoring.models import Input

_QUERIES = load("evosense.scoring", "inputs.sql")
CONTEXT_MESSAGES = 6
# Between so many messages that are looked at, whatever else waits gets a look in.
_LOOKED_AT_ONCE = 8


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
    rules: str | None = None
    first_hash: bytes | None = None
    first_cut: bytes | None = None

    @property
    def key(self) -> tuple[UUID, UUID]:
        """Tenant and message."""
        return self.tenant_id, self.message_id

    @property
    def is_new(self) -> bool:
        """Nobody looked yet at what is sent of it, under these rules."""
        return self.input_hash is None or self.rules != rules()


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
        # A message may have several tasks: its row is looked at once, and frozen once.
        rows = {row.key: row for row in await cursor.fetchall()}
    hashes = {key: row.input_hash for key, row in rows.items() if row.input_hash is not None}
    hashes |= await _freeze(connection, [row for row in rows.values() if row.is_new])
    return {
        key: Input(
            tenant_id=row.tenant_id,
            message_id=row.message_id,
            input_hash=hashes[key],
            text=row.text,
            context=tuple(Turn(turn["direction"], turn["text"]) for turn in row.turns),
            chat_identity_id=row.chat_identity_id,
            chat_id=row.chat_id,
            local_day=row.local_day,
        )
        for key, row in rows.items()
    }


def cut_hash(row: _Row) -> bytes | None:
    """SHA-256 over those of a message's texts that are sent otherwise than they stand; None when there are none."""
    texts = [(str(row.message_id), row.text), *((str(turn["id"]), turn["text"]) for turn in row.turns)]
    cut = [[name, sent] for name, text in texts if (sent := as_sent(text)) != text]
    return hashlib.sha256(orjson.dumps(cut)).digest() if cut else None


def input_hash(row: _Row, cut: bytes | None = None) -> bytes:
    """SHA-256 over the RFC 8785 bytes of message, revision, context (ids and revisions, no text) and what was cut."""
    if row.first_hash is not None:
        return row.first_hash if cut == row.first_cut else hashlib.sha256(row.first_hash + (cut or b"")).digest()
    context = [[str(turn["id"]), turn["revision"]] for turn in row.turns]
    question: dict[str, Any] = {"message": str(row.message_id), "revision": row.revision, "context": context}
    if cut is not None:
        question["cut"] = cut.hex()
    # Of ASCII strings and small integers alone, sorted compact JSON is what RFC 8785 says, at a tenth of the cost.
    return hashlib.sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).digest()


async def _freeze(connection: AsyncConnection[Any], rows: Sequence[_Row]) -> dict[tuple[UUID, UUID], bytes]:
    """Keep what these messages are asked as, and answer it; what they were asked as under other rules retires."""
    if not rows:
        return {}
    # In one order, as two workers may keep the same ones.
    ordered = sorted(rows, key=lambda row: row.key)
    cuts: list[bytes | None] = []
    hashes: list[bytes] = []
    for number, row in enumerate(ordered, 1):
        cuts.append(cut_hash(row))
        hashes.append(input_hash(row, cuts[-1]))
        if number % _LOOKED_AT_ONCE == 0:
            await asyncio.sleep(0)
    params = {
        "tenant_ids": array(UUID, [row.tenant_id for row in ordered]),
        "message_ids": array(UUID, [row.message_id for row in ordered]),
        "input_hashes": array(bytes, hashes),
        "revisions": array(int, [row.revision for row in ordered]),
        "contexts": array(str, [",".join(str(turn["id"]) for turn in row.turns) for row in ordered]),
        "cut_hashes": array(bytes, cuts),
        "rules": rules(),
    }
    await connection.execute(_QUERIES["freeze"], params)
    if any(row.input_hash not in (None, asked_as) for row, asked_as in zip(ordered, hashes, strict=True)):
        await connection.execute(_QUERIES["retire"], params)
    return {row.key: asked_as for row, asked_as in zip(ordered, hashes, strict=True)}
