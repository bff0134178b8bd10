"""Frozen sets of messages, named by what is in them: the same window asked twice is the same dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import class_row

from evosense.db.ids import EVERYONE
from evosense.db.named_queries import load
from evosense.errors import InvalidInput
from evosense.prompts.default import EMOTIONS
from evosense.prompts.instructions import rules
from evosense.scoring.inputs import read_inputs

_QUERIES = load("evosense.experiments", "datasets.sql")
_FREEZE_BATCH = 500
DATASET_HASH_SCHEME = "d1:"
Kind = Literal["window", "gold", "shadow"]
MAX_DAYS = 400


@dataclass(frozen=True, slots=True)
class Window:
    """Which messages are meant.

    Attributes:
        first: first tenant-local day.
        last: last tenant-local day, included.
        tenant_ids: whose; None means everybody's.
        share_bp: deterministic sample in basis points; a larger share holds a smaller one.
        emotions: only messages with one of these official emotions.
        connection_ids: only messages of these connections.
    """

    first: date
    last: date
    tenant_ids: tuple[UUID, ...] | None = None
    share_bp: int = 10_000
    emotions: tuple[str, ...] | None = None
    connection_ids: tuple[UUID, ...] | None = None

    def __post_init__(self) -> None:
        if self.last < self.first or (self.last - self.first).days > MAX_DAYS:
            message = f"a window runs from a day to a later one within {MAX_DAYS} days, not {self.first} to {self.last}"
            raise InvalidInput(message)
        if not 1 <= self.share_bp <= 10_000:
            message = f"a sample is 1 to 10000 basis points of the messages, not {self.share_bp}"
            raise InvalidInput(message)
        if unknown := set(self.emotions or ()) - set(EMOTIONS):
            message = f"no emotion is called {', '.join(sorted(unknown))}; there are {', '.join(EMOTIONS)}"
            raise InvalidInput(message)

    @property
    def scope(self) -> UUID:
        """The tenant that what comes of it belongs to: the one that is named, else everybody (seen by analysts)."""
        return self.tenant_ids[0] if self.tenant_ids and len(self.tenant_ids) == 1 else EVERYONE

    def definition(self) -> dict[str, Any]:
        """JSON values that say the same."""
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "tenant_ids": None if self.tenant_ids is None else sorted(str(one) for one in self.tenant_ids),
            "share_bp": self.share_bp,
            "emotions": None if self.emotions is None else sorted(self.emotions),
            "connection_ids": None if self.connection_ids is None else sorted(str(one) for one in self.connection_ids),
        }


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a dataset with the frozen input that every prompt is asked about."""

    tenant_id: UUID
    message_id: UUID
    chat_id: UUID
    local_day: date
    input_hash: bytes


@dataclass(frozen=True, slots=True)
class Dataset:
    """A stored dataset."""

    scope: UUID
    dataset_hash: str
    items: Sequence[Item] = field(repr=False)

    @property
    def chats(self) -> int:
        """How many chats its messages belong to."""
        return len({item.chat_id for item in self.items})


@dataclass(frozen=True, slots=True)
class _Found:
    tenant_id: UUID
    message_id: UUID
    chat_id: UUID
    local_day: date
    input_hash: bytes | None
    rules: str | None


async def snapshot(connection: AsyncConnection[Any], window: Window) -> Dataset:
    """Freeze the messages of a window; inputs that nobody was asked about yet, or under other rules, are frozen too.

    The hash is over the sorted pairs of message id and input hash. Runs in the caller's transaction.

    Raises:
        InvalidInput: the window holds no message that could be scored.
    """
    async with connection.cursor(row_factory=class_row(_Found)) as cursor:
        await cursor.execute(_QUERIES["window_items"], window_params(window))
        found = await cursor.fetchall()
    frozen = await _freeze(connection, [row for row in found if row.input_hash is None or row.rules != rules()])
    items: list[Item] = []
    for row in found:
        input_hash = frozen.get((row.tenant_id, row.message_id), row.input_hash)
        if input_hash is not None:
            items.append(Item(row.tenant_id, row.message_id, row.chat_id, row.local_day, input_hash))
    if not items:
        message = f"no message from {window.first} to {window.last} could be scored; widen the window or the filters"
        raise InvalidInput(message)
    definition = window.definition()
    return await store_dataset(
        connection, items, scope=window.scope, kind="window", definition=definition, weight=10_000 / window.share_bp
    )


async def _freeze(connection: AsyncConnection[Any], rows: Sequence[_Found]) -> dict[tuple[UUID, UUID], bytes]:
    """Input hashes of messages that nobody was asked about yet as they are sent now, by (tenant, message)."""
    frozen: dict[tuple[UUID, UUID], bytes] = {}
    for start in range(0, len(rows), _FREEZE_BATCH):
        inputs = await read_inputs(connection, rows[start : start + _FREEZE_BATCH])
        frozen |= {key: found.input_hash for key, found in inputs.items()}
    return frozen


async def store_dataset(
    connection: AsyncConnection[Any],
    items: Sequence[Item],
    *,
    scope: UUID,
    kind: Kind,
    definition: Mapping[str, Any],
    weight: float,
) -> Dataset:
    """Keep messages as a dataset named by the SHA-256 over their sorted ids and inputs; the same again is the same.

    Args:
        connection: in role evosense_pipeline.
        items: what is in it.
        scope: the tenant it belongs to, or everybody.
        kind: what it was made of.
        definition: what was asked for, as JSON values.
        weight: 1 / probability with which each message was sampled.
    """
    ordered = sorted(items, key=lambda item: item.message_id.bytes)
    digest = hashlib.sha256(b"".join(item.message_id.bytes + item.input_hash for item in ordered))
    dataset_hash = DATASET_HASH_SCHEME + digest.hexdigest()
    header = {
        "tenant_id": scope,
        "dataset_hash": dataset_hash,
        "kind": kind,
        "definition": orjson.dumps(definition).decode(),
        "item_count": len(ordered),
    }
    await connection.execute(_QUERIES["store_dataset"], header)
    columns = {
        "dataset_hash": dataset_hash,
        "tenant_ids": [item.tenant_id for item in ordered],
        "message_ids": [item.message_id for item in ordered],
        "input_hashes": [item.input_hash for item in ordered],
        "chat_ids": [item.chat_id for item in ordered],
        "local_days": [item.local_day for item in ordered],
        "weights": [weight] * len(ordered),
    }
    await connection.execute(_QUERIES["store_items"], columns)
    return Dataset(scope, dataset_hash, ordered)


def window_params(window: Window) -> dict[str, Any]:
    """A window as parameters of the queries that select its messages."""
    return {
        "first": window.first,
        "last": window.last,
        "tenant_ids": None if window.tenant_ids is None else list(window.tenant_ids),
        "share_bp": window.share_bp,
        "emotions": None if window.emotions is None else list(window.emotions),
        "connection_ids": None if window.connection_ids is None else list(window.connection_ids),
    }


async def measure_recontact(
    connection: AsyncConnection[Any], dataset_hash: str, tenant_ids: Sequence[UUID] | None = None
) -> int:
    """Record for each chat day of a dataset whether the customer wrote again within 72 hours; answers how many changed.

    Days whose 72 hours are not over yet get no outcome.
    """
    params = {"dataset_hash": dataset_hash, "tenant_ids": None if tenant_ids is None else list(tenant_ids)}
    row = await (await connection.execute(_QUERIES["measure_recontact"], params)).fetchone()
    return int(row[0]) if row else 0
